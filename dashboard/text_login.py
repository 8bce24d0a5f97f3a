"""What is said to who signs in, signs out, or may not come in or act."""

SIGN_IN = "Sign in"
SIGN_OUT = "Sign out"
OTHER_ACCOUNT = "Use another account"
HINTS = {
    "nobody": "Sign in to see the dashboard.",
    "expired": "The session is over. Sign in again.",
    "unnamed": (
        "The login told no name that can be used. Ask who runs this dashboard: user_claim under [login] says "
        "where to look."
    ),
    "unverified": (
        "The login does not vouch for this e-mail address. Verify it there, or ask who runs this dashboard."
    ),
    "unlisted": (
        "This account may not open the dashboard. Ask who runs it: users and groups in [login] say who may."
    ),
}
BY_PROXY = "Nobody is logged in: the proxy in front names no user."
SIGNED_IN_AS = "Signed in as "
VIEWER, ADMIN = "may look", "may look and act"
ONLY_ADMINS = (
    "Only administrators can change anything, and {name} is none: admins and admin_groups under [login] say "
    "who is."
)
NO_NAME = "who is not signed in"
OPEN_LABEL = "open to everyone"
OPEN = "Whoever reaches this address can read everything here, and change or send what they like."
OPEN_HINT = "Started with --i-know-this-is-open, though {lacking}. Set that right and leave the option out."
