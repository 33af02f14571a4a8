# Counts the clients of a partnership's profile from the journeys of this folder, client by client, and takes the
# intervals of shares from prop.test (Wilson's, without correction); run by make_r_profile.py. Argument: the folder.

folder <- commandArgs(trailingOnly = TRUE)[1]
number <- function(value) sprintf("%.17g", value)
years <- list(pre = as.Date(c("2010-04-01", "2011-03-31")), post = as.Date(c("2011-04-01", "2012-03-31")))
completed_codes <- c(1, 2, 15:28, 80:82)

journeys <- read.csv(file.path(folder, "journeys.csv"), stringsAsFactors = FALSE)
for (name in c("journey_start", "journey_end", "date_of_birth", "referral_date")) {
  journeys[[name]] <- as.Date(journeys[[name]])
}

age_at <- function(born, at) {
  b <- as.POSIXlt(born)
  a <- as.POSIXlt(at)
  a$year - b$year - as.integer(a$mon < b$mon | (a$mon == b$mon & a$mday < b$mday))
}

# Six calendar months later, or the last day of a month that is too short.
half_a_year_on <- function(day) {
  d <- as.POSIXlt(day)
  month <- d$mon + 6
  first <- as.Date(sprintf("%d-%02d-01", d$year + 1900 + month %/% 12, month %% 12 + 1))
  last <- seq(first, by = "month", length.out = 2)[2] - 1
  min(first + d$mday - 1, last)
}

# What is so of one client of a partnership in a year; NULL who is not in treatment.
client <- function(own, first, last) {
  open <- is.na(own$journey_end)
  own <- own[own$journey_start <= last & (open | own$journey_end >= first), ]
  grown <- own[age_at(own$date_of_birth, pmax(own$journey_start, first)) >= 18, ]
  if (nrow(grown) == 0) return(NULL)
  ends <- ifelse(is.na(grown$journey_end), Inf, as.numeric(grown$journey_end))
  latest <- grown[order(-as.numeric(grown$journey_start), -ends, -grown$journey)[1], ]
  ended <- !is.na(latest$journey_end) && latest$journey_end <= last
  stop_day <- if (is.na(latest$journey_end)) last else min(latest$journey_end, last)
  done <- grown[!is.na(grown$journey_end) & grown$journey_end >= first & grown$journey_end <= last &
    grown$exit_reason %in% completed_codes, ]
  on <- if (nrow(done)) max(done$journey_end) else NA
  later <- if (is.na(on)) own[0, ] else own[own$journey_start > on, ]
  limit <- if (is.na(on)) NA else half_a_year_on(on)
  new <- latest$journey_start >= first
  wait <- as.numeric(latest$journey_start - latest$referral_date)
  waited <- new && !is.na(wait) && wait >= 0
  drugs <- c(latest$drug_1, latest$drug_2, latest$drug_3)
  drugs <- drugs[!is.na(drugs) & !drugs %in% c(9996, 9997)]
  alcohol <- any(drugs == 7000)
  group <- if (any(drugs >= 1000 & drugs <= 1999)) "opiate" else if (any(drugs != 7000)) {
    if (alcohol) "non_opiate_and_alcohol" else "non_opiate_only"
  } else if (alcohol) "alcohol_only" else "not_known"
  flags <- c(
    in_treatment = TRUE, new = new,
    effective = as.numeric(stop_day - latest$journey_start) >= 83 ||
      (ended && latest$exit_reason %in% completed_codes),
    completed = !is.na(on), returned_in_year = nrow(later) > 0,
    followed = !is.na(on) && limit <= last,
    returned_6_months = !is.na(on) && limit <= last && any(later$journey_start <= limit),
    waited = waited, waited_long = waited && wait > 21, waited_longest = waited && wait > 42
  )
  stays <- is.na(latest$journey_end) || latest$journey_end > last
  list(flags = flags, group = group, days = if (stays) as.numeric(last - latest$journey_start) else NA)
}

counts <- list()
details <- list()
for (dat in sort(unique(journeys$dat))) {
  for (period in names(years)) {
    of <- split(journeys[journeys$dat == dat, ], journeys$client[journeys$dat == dat])
    found <- Filter(Negate(is.null), lapply(of, client, years[[period]][1], years[[period]][2]))
    sums <- rowSums(sapply(found, function(one) one$flags))
    counts[[length(counts) + 1]] <- data.frame(dat = dat, period = period, indicator = names(sums), count = sums)
    days <- sapply(found, function(one) one$days)
    groups <- table(sapply(found, function(one) one$group))
    details[[length(details) + 1]] <- data.frame(
      dat = dat, period = period, what = c(names(groups), "stayed", "stayed_days"),
      count = c(as.numeric(groups), sum(!is.na(days)), sum(days, na.rm = TRUE))
    )
  }
}
counts <- do.call(rbind, counts)

# Wilson's interval of each share, per cent.
bases <- c(
  new = "in_treatment", completed = "in_treatment", returned_in_year = "completed", returned_6_months = "followed",
  waited = "new", waited_long = "waited"
)
key <- function(dat, period, indicator) paste(dat, period, indicator)
known <- setNames(counts$count, key(counts$dat, counts$period, counts$indicator))
counts$low <- counts$high <- ""
for (i in which(counts$indicator %in% names(bases))) {
  base <- known[[key(counts$dat[i], counts$period[i], bases[[counts$indicator[i]]])]]
  if (base > 0) {
    ends <- 100 * suppressWarnings(prop.test(counts$count[i], base, conf.level = 0.95, correct = FALSE))$conf.int
    counts$low[i] <- number(ends[1])
    counts$high[i] <- number(ends[2])
  }
}
write.csv(counts, file.path(folder, "counts.csv"), row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, details), file.path(folder, "details.csv"), row.names = FALSE, quote = FALSE)
