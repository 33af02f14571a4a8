# Fits the study of areas (studies/pbr-pilots) with glm and takes errors clustered by area from the package sandwich; run
# by make_r_profile.py. Arguments: the file of published figures, the folder to write to.

arguments <- commandArgs(trailingOnly = TRUE)
number <- function(value) sprintf("%.17g", value)

figures <- read.csv(arguments[1], stringsAsFactors = FALSE, check.names = FALSE)
names(figures)[match(c("people_in_treatment", "estimated_prevalence"), names(figures))] <- c("y", "n")
figures$year <- as.integer(substr(figures$fiscal_year, 1, 4))
figures <- figures[!grepl("Discontinued", figures$area) & !is.na(figures$y) & !is.na(figures$n), ]

# Areas with figures of all some years, those before and after added up.
added <- function(years, before, after, but = "") {
  own <- figures[figures$year %in% years & figures$area != but, ]
  number_of <- table(own$area)
  own <- own[own$area %in% names(number_of)[number_of == length(years)] & own$year %in% c(before, after), ]
  own$after <- as.integer(own$year %in% after)
  aggregate(cbind(y, n) ~ area + pilot + after, own, sum)
}

rows <- list()
compare <- function(name, ...) {
  own <- added(...)
  fit <- glm(y ~ pilot * after + offset(log(n)), poisson, own, control = list(epsilon = 1e-14, maxit = 100))
  effect <- unname(coef(fit)["pilot:after"])
  error <- sqrt(sandwich::vcovCL(fit, cluster = own$area, type = "HC1", cadjust = TRUE)["pilot:after", "pilot:after"])
  dispersion <- sum(residuals(fit, "pearson")^2) / df.residual(fit)
  scaled <- sqrt(dispersion * vcov(fit)["pilot:after", "pilot:after"])
  z <- qnorm(0.975)
  rows[[length(rows) + 1]] <<- data.frame(
    comparison = name, ratio = number(exp(effect)), error = number(error), low = number(exp(effect - z * error)),
    high = number(exp(effect + z * error)), dispersion = number(dispersion),
    scaled_low = number(exp(effect - z * scaled)), scaled_high = number(exp(effect + z * scaled))
  )
}

four <- 2010:2013
compare("whole", four, 2010:2011, 2012:2013)
compare("first_year", four, 2010:2011, 2012)
compare("no_pilot", four, 2010, 2011)
for (pilot in sort(unique(figures$area[figures$pilot == 1]), method = "radix")) {
  compare(paste("without", pilot), four, 2010:2011, 2012:2013, but = pilot)
}
for (year in setdiff(2010:2018, 2011)) compare(paste("year", year), 2010:2018, 2011, year)
write.csv(do.call(rbind, rows), file.path(arguments[2], "areas.csv"), row.names = FALSE, quote = FALSE)
