"""What characteristics of clients and their categories are called: apart from other words, for models name them."""

from __future__ import annotations

CENSUS_GROUPS = {"asian", "black", "white"}
COVARIATE_LABELS = {
    "opiates_crack": "use of opiates or crack",
    "cannabis": "use of cannabis",
    "stimulants": "use of cocaine or amphetamines",
    "other_drugs": "use of other drugs",
    "criminal_justice_referral": "referral by the criminal justice system",
    "previously_treated": "earlier treatment",
    "treated_last_two_years": "treatment now or in the last two years",
    "no_fixed_abode": "having no fixed abode",
    "length_of_use": "length of drug use",
}
CATEGORY_LABELS = {"F": "female", "M": "male", "missing": "not known", "True": "yes", "False": "no"}


def category(name: object) -> str:
    """What a category of a characteristic is called: asian -> Asian, 5_to_9 -> 5 to 9, F -> female."""
    text = CATEGORY_LABELS.get(str(name), str(name).replace("_", " "))
    return text.capitalize() if text in CENSUS_GROUPS else text


def characteristic(name: str) -> str:
    """What a characteristic of clients is called in a sentence."""
    return COVARIATE_LABELS.get(name, name.replace("_", " "))
