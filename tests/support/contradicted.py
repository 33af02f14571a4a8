"""Cells of the evaluation's report that its own numbers contradict."""

from __future__ import annotations

# Cells where the report's own inputs contradict its print: (exhibit, row, column) -> (printed in 2012, ours, why).
CONTRADICTED = {
    ("7.5", "pilot_7_pre", "et_pct_tt"): ("95.6%", "95.3%", "3,689 / 3,869 = 95.35 %, and Table 6.1 prints 95.3%"),
    ("7.5", "total_pre", "effective_treatment"): ("15,830", "15,821", "the six printed rows sum to 15,821"),
    ("7.5", "total_post", "et_pct_tt"): ("92.8%", "93.5%", "14,839 / 15,875 = 93.47 %"),
    ("7.9", "site_5", "change_number_sc"): ("+3", "+25", "0.010 x 2,504 = 25"),
    ("7.10", "number_sc", "site_5"): ("3", "25", "as Table 7.9"),
    ("7.10", "value_sc", "site_5"): ("489", "4,887", "25.04 x 195,149"),
    ("7.10", "value_total", "site_5"): ("-4,608", "-210", "-5,096 + 4,887"),
    ("7.10", "sens50_value_total", "site_5"): ("-2,304", "-105", "half of -210"),
    ("C.5.1", "t3_t5_re_present_to_cjs", "lr_likelihood_planned_exit"): ("53%", "47%", "53% stay abstinent: 100 - 53"),
    ("C.5.1", "t3_t5_re_present_to_cjs", "lr_likelihood_unplanned_exit"): (
        "41%",
        "59%",
        "41% stay abstinent: 100 - 41",
    ),
    ("C.7.1", "y2004_05", "adult_pooled_treatment_budget"): (
        "£225m",
        "£255m",
        "481 - 226 = 255; 481m / 134,000 = 3,590",
    ),
}
