# Fits every data set of this folder with glm and writes what it finds; run by make_oracle.py.
# Arguments: the folder. The average effect and its delta-method error are worked out numerically,
# by a different route from the project's closed-form gradient.

folder <- commandArgs(trailingOnly = TRUE)[1]
confidence <- 0.95

# Fitted twice, the second time from the first one's estimate: glm takes standard errors from the weights of the last
# step but one, which leaves them 1e-7 off where the last step is not yet tiny.
binomial_fit <- function(x, y) {
  fit <- function(start) {
    glm(y ~ x - 1, family = binomial, start = start, control = list(epsilon = 1e-14, maxit = 100))
  }
  fit(coef(fit(NULL)))
}

# Design matrix: const, pilot, post, pilot:post, then the covariates as dummies (first level in C order is the reference).
design <- function(data, covariates) {
  x <- cbind(const = 1, pilot = data$pilot, post = data$post, "pilot:post" = data$pilot * data$post)
  for (name in covariates) {
    values <- data[[name]]
    if (name == "age") {
      x <- cbind(x, age = values)
      next
    }
    levels <- sort(unique(values), method = "radix")
    for (level in levels[-1]) {
      x <- cbind(x, as.numeric(values == level))
      colnames(x)[ncol(x)] <- paste0(name, "=", level)
    }
  }
  x
}

# Derivative by central differences, twice refined (Richardson).
gradient <- function(f, at, h = 1e-3) {
  slope <- function(i, h) {
    step <- replace(numeric(length(at)), i, h)
    (f(at + step) - f(at - step)) / (2 * h)
  }
  sapply(seq_along(at), function(i) {
    d <- c(slope(i, h), slope(i, h / 2), slope(i, h / 4))
    first <- c((4 * d[2] - d[1]) / 3, (4 * d[3] - d[2]) / 3)
    (16 * first[2] - first[1]) / 15
  })
}

number <- function(value) sprintf("%.17g", value)

fit_one <- function(name, data, covariates) {
  x <- design(data, covariates)
  independent <- qr(x, tol = 1e-9)
  kept <- sort(independent$pivot[seq_len(independent$rank)])
  x <- x[, kept, drop = FALSE]
  fit <- binomial_fit(x, data$outcome)
  stopifnot(fit$converged, !anyNA(coef(fit)))
  table <- coef(summary(fit))
  treated <- x[x[, "pilot:post"] == 1, , drop = FALSE]
  without <- treated
  without[, "pilot:post"] <- 0
  effect <- function(b) mean(plogis(treated %*% b) - plogis(without %*% b))
  b <- unname(coef(fit))
  slope <- gradient(effect, b)
  error <- sqrt(drop(t(slope) %*% vcov(fit) %*% slope))
  z <- qnorm(0.5 + confidence / 2)
  terms <- data.frame(
    dataset = name, term = colnames(x), coefficient = number(table[, 1]), se = number(table[, 2]),
    z = number(table[, 3]), p = number(table[, 4])
  )
  at <- which(colnames(x) == "pilot:post")
  summary <- data.frame(
    dataset = name, rows = nrow(x),
    odds_ratio = number(exp(b[at])),
    odds_ratio_low = number(exp(b[at] - z * table[at, 2])), odds_ratio_high = number(exp(b[at] + z * table[at, 2])),
    effect = number(100 * effect(b)),
    effect_low = number(100 * (effect(b) - z * error)), effect_high = number(100 * (effect(b) + z * error))
  )
  list(terms = terms, summary = summary)
}

plan <- read.csv(file.path(folder, "plan.csv"), colClasses = "character")
fits <- lapply(seq_len(nrow(plan)), function(i) {
  data <- read.csv(file.path(folder, paste0(plan$file[i], ".csv")), na.strings = character())
  if (plan$without[i] != "") {
    part <- strsplit(plan$without[i], "=")[[1]]
    data <- data[data[[part[1]]] != part[2], ]
  }
  fit_one(plan$dataset[i], data, strsplit(plan$covariates[i], " ")[[1]])
})
write.csv(do.call(rbind, lapply(fits, `[[`, "terms")), file.path(folder, "glm_terms.csv"), row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, lapply(fits, `[[`, "summary")), file.path(folder, "glm_models.csv"),
  row.names = FALSE, quote = FALSE)
cat(R.version.string, "\n")
