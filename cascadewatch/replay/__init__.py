"""Fixed eval sets played against the cheap tier and the verifier: which of the two has changed?

`evalset` reads the cases, `targets` answer them, `verifiers` judge the answers, `graders` know the truth,
`runner` keeps all of it within its budget, `report` says what came out.
"""
