"""What the national monitoring system calls its exit reasons and sources of referral.

Exports have the words as often as the codes. Words that several codes have ("Treatment completed") stand for none.
"""

from __future__ import annotations

COMPLETED, DECLINED = "Treatment completed", "treatment commencement declined by"
EXIT_REASONS = (
    ("80", f"{COMPLETED} - drug free"),
    ("81", f"{COMPLETED} - alcohol free"),
    ("82", f"{COMPLETED} - occasional user"),
    ("82", f"{COMPLETED} - occasional user (not heroin and crack)"),
    ("83", "Transferred - not in custody"),
    ("84", "Transferred - in custody"),
    ("85", "Dropped out"),
    ("85", "Incomplete - dropped out"),
    ("86", "Treatment withdrawn by provider"),
    ("86", "Incomplete - treatment withdrawn by provider"),
    ("87", "Retained in custody"),
    ("87", "Incomplete - retained in custody"),
    ("88", "Treatment declined by client"),
    ("88", f"Incomplete - {DECLINED} client"),
    ("88", f"Incomplete - {DECLINED} the client"),
    ("89", "Died"),
    ("89", "Client died"),
    ("89", "Incomplete - client died"),
)
JUSTICE = (5, 6, 8, 13)  # the sources of referral that are of criminal justice
OF_JUSTICE = (
    *("Criminal justice", "Arrest referral", "Arrest referral/DIP", "DIP", "Drug Interventions Programme"),
    *("Probation", "CARAT", "CARAT/prison", "Prison", "Police", "Court", "DRR", "ATR"),
)
OF_OTHERS = (
    *("Self", "Self-referral", "Self, family and friends", "Family", "Family and friends", "GP"),
    *("General practitioner", "Hospital", "Hospital A&E", "A&E", "Social services", "Drug service"),
    *("Drug service statutory", "Drug service non-statutory", "Education service", "Employment service"),
    *("Psychiatry", "Psychiatry services", "Community mental health team", "Outreach", "Syringe exchange"),
    *("Pharmacy", "Housing"),
)
NOT_OF_JUSTICE = 999
# Whether a source is of criminal justice is all that is made of it: every word is read as one code of its kind.
REFERRAL_SOURCES = (
    *((str(JUSTICE[0]), word) for word in OF_JUSTICE),
    *((str(NOT_OF_JUSTICE), word) for word in OF_OTHERS),
)
