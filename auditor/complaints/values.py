"""The sentences in which backends say what is wrong about a value: its length, characters, format, type or amount."""

from __future__ import annotations

from auditor.complaints.rules import Row, Rule, row

ABOUT_VALUES: tuple[Row, ...] = (
    # --- how long
    row(
        Rule.LENGTH,
        r"(?:size|length)(?: of <Q>?\w{1,60}<Q>?)?(?: must| should| has to)?(?: be)? (?:between|from) <N> (?:and|to"
        r"|-) <M>",
        r"(?:between|from|has|of) <N> ?(?:and|to|-|–) ?<M> <CHARS>",
        r"minimum length of <N> and a maximum length of <M>",
        r"(?:exactly|(?<!or )equal to) <N> <CHARS>",
        r"<MUST> be <N> <CHARS>(?! min| or)",
    ),
    row(Rule.MAX_LENGTH, r"(?:<NOT>|<MUST> not) (?:have more|be longer|be greater|exceed)(?: than)? <N> <CHARS>"),
    row(
        Rule.MIN_LENGTH,
        r"(?:at least|>=|minimum(?: of| is)?) ?<N> <CHARS>",
        r"at least length <N>",
        r"length:? (?:must be |should be |is |expected )?(?:at least|>=|greater than or equal to|no less than) ?<N>",
        r"(?:longer|greater) than or equal to <N> <CHARS>",
        r"(?:<NOT>|<MUST> not) (?:have|be) (?:fewer|less|shorter) than <N> <CHARS>",
        r"(?:shorter|less|fewer) than (?:the )?(?:minimum )?(?:allowed )?length (?:of )?<N>",
        r"(?:shorter|fewer|less) than <N> <CHARS>",
        r"min(?:imum)?[_ ]?length(?: allowed| of [\w ]{1,40})?(?: is| of|:| must be)? ?<N>",
        r"<N> <CHARS> (?:minimum|min|or (?:more|longer))",
        r"(?:more|longer) than <N> <CHARS>",
        r"(?<!input is )too short\b(?: \(minimum is <N> <CHARS>\))?",
    ),
    row(
        Rule.MAX_LENGTH,
        r"(?:at most|<=|no more than|not more than|up to|maximum(?: of| is)?|max(?: of)?) ?<N> <CHARS>",
        r"at most length <N>",
        r"length:? (?:must be |should be |is |expected )?(?:at most|<=|less than or equal to|no more than) ?<N>",
        r"(?:shorter|less) than or equal to <N> <CHARS>",
        r"longer than (?:the )?(?:maximum )?(?:allowed )?length (?:of )?<N>",
        r"longer than <N>",
        r"max(?:imum)?[_ ]?length(?: allowed)?(?: is| of|:| must be)? ?<N>",
        r"<N> <CHARS> (?:maximum|max|or (?:fewer|less))",
        r"character varying\(<N>\)",
        r"data too long for column <F>",
        r"too long\b(?: \(maximum is <N> <CHARS>\))?",
    ),
    row(Rule.LENGTH, r"length (?:must |should |has to )?(?:be )?(?:exactly |equal to )?<N>(?= char|$|\.)"),
    row(
        Rule.MIN_ITEMS,
        r"(?:at least|minimum(?: of)?|>=|fewer than|less than) ?<N> <ITEMS>",
        r"<N> <ITEMS> or more",
        r"at least one <ITEMS>",
    ),
    row(Rule.MAX_ITEMS, r"(?:at most|maximum(?: of)?|<=|no more than|more than) ?<N> <ITEMS>", r"<N> <ITEMS> or fewer"),
    # --- which characters
    row(Rule.PATTERN, r"only (?:contain |have |use )?(?:letters|alphabetic)(?: char\w{0,8})?(?: and spaces)?(?=$|\.)",
        argument="^[A-Za-z]+$"),
    row(Rule.PATTERN, r"only (?:contain |have |use )?(?:digits|numbers|numeric char\w{0,8})",
        r"<MUST> be (?:all )?digits(?: only)?$", argument="^[0-9]+$"),
    row(Rule.PATTERN, r"only (?:contain |have |use )?(?:letters|alpha-?numeric|lower-?case)[^\n]{0,100}",
        r"<MUST> be alpha-?numeric", r"<MUST> not contain (?:spaces|white ?space|special char\w{0,8})",
        r"no (?:spaces|white ?space|special characters) allowed", argument="^[a-z][a-z0-9]+$"),
    row(
        Rule.CHARACTERS,
        r"(?:<MUST>|requires?|at least|missing|needs?|without|include|contain|lacks?"
        r"|with)\b[^.\n]{0,60}?\b(?:upper-? ?case|"
        r"lower-? ?case|capital|special (?:char\w{0,8}|symbol)|symbol|non-alphanumeric|(?<!\d )(?<!all )digit|(?:one"
        r"|1) number|"
        r"(?<!-)numeric (?:char\w{0,8}|digit))\b[^\n]{0,160}",
        r"(?:contain|include|have)\b[^.\n]{0,40} a number\b[^\n]{0,160}",
    ),
    row(
        Rule.CHARACTERS,
        r"not strong enough|too (?:weak|common|simple|easy)|entirely numeric|password (?:strength|policy)",
        r"(?:stronger|insecure|weak) password",
        argument=("upper", "lower", "digit", "symbol"),
    ),
    row(Rule.FORMAT, r"match(?:es)? (?:the )?format [\"'`](?P<format>[\w-]{1,40})[\"'`]"),
    row(Rule.PATTERN, r"<MUST> be (?:in )?(?:all )?lower-?case", argument="^[a-z0-9@._-]+$"),
    row(Rule.PATTERN, r"(?:only|<MUST> be)(?: contain)?(?: in| all)? upper-?case(?: letters)?", argument="^[A-Z]+$"),
    row(
        Rule.PATTERN,
        r"<MUST> (?:be|have|contain) (?:exactly )?(?P<digits>\d{1,3}) digits?",
        r"(?P<digits>\d{1,3})-digit",
        r"<MUST> (?:start|begin) with <Q>(?P<value>[^\"'`\n]{1,40})<Q>",
        r"match(?:es)?(?: the)?(?: required| expected| following)?(?: pattern| regex| regular expression| format)?:? ?"
        r"<Q>?/(?P<regex>[^\n]{1,300})/[a-z]{0,6}(?=[\"'`]|\s|$|\.)",
        r"(?:pattern|regexp?|regular expression):? <Q>(?P<regex>[^\n]{1,300})<Q>(?=$|\s|\.|,|\))",
        r"required pattern: /(?P<regex>[^\n]{1,300})/[a-z]{0,6}(?=\s|$|\.)",
        r"to match pattern (?P<regex>\S{1,300})",
        r"match(?:es)? [\"'`](?P<regex>[^\n\"'`]{1,300})[\"'`]",
        r"(?:match|satisfy)(?:es)?(?: the| an?)?(?: required| expected)? (?:pattern|regexp?|regular expression|format)",
    ),
    # --- which values
    row(
        Rule.ONE_OF,
        r"<MUST> be (?:equal to )?(?:one of|any of|either|(?:in|among)(?= [\[({]))(?: the)?(?: following)?(?: "
        r"allowed| valid| accepted)?"
        r"(?: values| options| choices)?:? ?<OPEN><LIST>",
        r"(?:allowed|valid|accepted|possible|permitted|supported|available|acceptable)[ _]?(?:values|options|choices"
        r"|types"
        r"|statuses|roles|categories)?(?: are| is)?(?: one of)?: ?<OPEN><LIST>",
        r"(?:allowed|valid|accepted|possible|permitted|supported|available|acceptable) (?:values|options|choices|types)"
        r" (?:are|is) <OPEN><LIST>",
        r"values accepted for enum class: ?<LIST>",
        r"(?:permitted|choices?|one of): ?<LIST>",
        r"is not one of (?P<list>[^\n]{1,300})",
        r"(?:be|is|expected|expecting|choose|select|use) (?:one of|any of)(?: the)?(?: following)?:? "
        r"?(?=[\[({\"'`])<LIST>",
        r"(?:input should be|must be|can only be|expected|should be) (?:either )?(?P<list><Q>[^\"'`\n]{1,60}<Q>"
        r"(?:(?:,| or|, or|\s?\|)\s?<Q>[^\"'`\n]{1,60}<Q>){1,40})",
        r"expected (?P<list>\([^)\n]{1,300}\))",
        r"unknown variant <Q>[^\"'`\n]{0,60}<Q>, expected (?:one of )?(?P<list>[^\n]{1,300})",
        r"(?:<MUST> be|can only be) (?:either )?(?P<list>[\w-]{1,40} or [\w-]{1,40})(?=$|\.)",
        r"(?:not|isn't) an? (?:valid |allowed |accepted |supported )?(?:choice|option|enum\w{0,8}(?: value| "
        r"member)?)\b",
        r"does not have a valid value|unallowed value|(?:not|isn't) included in the list|equal to one of the allowed "
        r"values",
        r"invalid (?:choice|option|enum(?: value)?|selection)",
        r"not an? (?:allowed|accepted|supported|permitted) (?:value|option)",
        r"the selected [\w .-]{1,60} is invalid",
        r"<CODE>oneof[\"'`] tag",
    ),
    row(Rule.EQUAL, r"<MUST> be (?:accepted|agreed(?: to)?|true|checked)\b",
    r"<MUST> (?:accept|agree to) (?:the )?<WORDS>", argument=True),
    row(Rule.EQUAL, r"<MUST> be (?:false|declined)\b", argument=False),
    row(
        Rule.EQUAL,
        r"(?:<MUST> be (?:exactly )?|expected )(?:equal to )?(?:constant )?<Q>(?P<value>[^\"'`\n]{1,80})<Q>(?=$|\.$)",
        r"<MUST> be equal to (?P<value>\w{1,60})(?=$|\.)",
        r"<Q>(?P<value>[^\"'`\n]{1,80})<Q> was expected",
    ),
    # --- which formats
    row(
        Rule.FORMAT,
        r"(?:format|formats|formatted as|in the form|pattern|like|such as|expected|use|as|instead)\b[^\n]{0,40}?"
        r"[\"'`( ]<LETTERED>",
        r"\b<LETTERED>\b",
        r"(?:not|isn't) an? [\"'`](?P<format>email|uri|uuid|date|date-time|time|ipv4|ipv6|hostname)[\"'`]",
        r"(?:rfc ?\d{4}|iso ?8601) (?P<format>date-?time|date|time|email|uri|uuid|hostname|ipv4|ipv6)\b",
        r"cast to (?P<format>date|objectid) failed",
        r"<CODE>(?P<format>email|url|uri|uuid4?|datetime|e164|ipv4|ip|hostname)[\"'`] tag",
        r"(?:valid|well-formed|correct|proper|must be an?|should be an?|as an?|invalid|malformed|not an?|expected an?"
        r"|must be in|input should be an?) (?:(?:string|format of|well-formed|valid|in|formatted) ){0,3}<Q>?<FORMATS>\b"
        r"(?! (?:must|is|are|was|has|should|after|before|in the) )",
        r"<FORMATS>(?: address| value| string| field)? (?:has (?:the )?wrong format|is (?:not valid|not well-formed"
        r"|invalid"
        r"|malformed)|format is (?:invalid|wrong)|must be valid|must have a valid format)",
        r"parsing time\b[^\n]{0,160}",
        r"text <Q>[^\"'`\n]{0,80}<Q> could not be parsed at index",
    ),
    # --- which types
    row(
        Rule.TYPE,
        r"cannot unmarshal \w{1,20} into go (?:struct field \w{1,60}\.(?P<field>[\w.]{1,80})|value) of type <TYPES>\b",
        r"(?:not be|cannot be|can't be|unable to be) (?:converted|parsed|coerced|cast|deserialized)[^\n]{0,60}?"
        r"(?:to|as|into) (?:an? )?<Q>?(?:system\.|java\.\w{1,10}\.)?(?:nullable`1\[system\.)?<TYPES>\b",
        r"(?:failed to convert|cannot deserialize|failed to deserialize|error converting)[^\n]{0,120}?"
        r"type <Q>?(?:system\.|java\.\w{1,10}\.)<TYPES>\b",
        r"cast to <TYPES> failed",
        r"invalid type: \w{1,20}[^\n]{0,80}?, expected (?:an? )?<TYPES>\b",
        r"expected (?:an? )?(?:type )?<Q>?<TYPES><Q>?(?:,| but|$)",
        r"(?:not |isn't )?of type <Q>?<TYPES>\b",
        r"(?:not|isn't) an? (?:valid )?<TYPES>\b",
        r"(?:<MUST>|should) be (?:of )?(?:an? )?(?:of )?(?:type )?(?:valid )?<Q>?<TYPES>(?: type| value)?<Q>?(?=$|\."
        r"|,|;)",
        r"(?:input should be|value is not|requires?|needs?|must be) (?:an? )?valid <TYPES>\b",
        r"an? valid <TYPES>\b",
        r"invalid input syntax for (?:type )?<TYPES>\b",
        r"<CODE>(?P<type>numeric|number|boolean)[\"'`] tag",
        r"must be of <TYPES> type",
    ),
    # --- how much
    row(Rule.MAXIMUM, r"no more than (?P<places>\d{1,2}) digits"),
    row(
        Rule.RANGE,
        r"(?:between|range(?: of)?|from) [\[(]?<N>,? ?(?:and|to|-|–|\.\.) ?<M>",
        r"greater than or equal to <N> and less than or equal to <M>",
    ),
    row(
        Rule.MULTIPLE_OF,
        r"(?:multiples? of|divisible by|increments? of) <N>",
        r"(?P<n>\d{1,2})[- ]minute (?:interval|increment|slot|step)s?",
    ),
    row(
        Rule.MAXIMUM,
        r"(?:less|lower|smaller) than or equal to (?:the )?(?:maximum )?(?:of )?<N>",
        r"<= ?<N>",
        r"(?:at most|no more than|not more than|no greater than|up to) <N>",
        r"(?:<NOT>|<MUST> not) (?:exceed|be (?:greater|more|higher|larger|above)(?: than)?) <N>",
        r"(?:greater|more|larger|higher) than (?:the )?maximum (?:allowed )?(?:value )?(?:of )?<N>",
        r"max(?:imum|imal)?(?: allowed)?(?: value| amount)?(?: is| of|:)? ?<N>",
        r"<N> or (?:less|fewer|lower|smaller|below)\b",
        r"exceeds?(?: the)?(?: maximum)?(?: of| value)? <N>",
        r"maximal allowed date for [^\n]{1,80} is <DATE>",
    ),
    row(
        Rule.MINIMUM,
        r"(?:greater|later|after)(?: than)?(?: or equal to)? <DATE>",
        r"minimal allowed date for [^\n]{1,80} is <DATE>",
        r"(?:greater|higher|larger) than or equal to (?:the )?(?:minimum )?(?:of )?<N>",
        r">= ?<N>",
        r"(?:at least|no less than|not less than|no lower than) <N>",
        r"(?:<NOT>|<MUST> not) be (?:less|lower|smaller|below)(?: than)? <N>",
        r"(?:less|lower|smaller) than (?:the )?minimum (?:allowed )?(?:value )?(?:of )?<N>",
        r"min(?:imum)?(?: allowed)?(?: value| amount)?(?: is| of|:)? ?<N>",
        r"<N> or (?:more|greater|higher|larger|above)\b",
    ),
    row(Rule.MINIMUM, r"non-?negative", r"(?:<NOT>|<MUST> not) be (?:negative|below zero)", argument=0),
    row(Rule.ABOVE, r"(?:greater|more|higher|larger|bigger) than <N>", r"> ?<N>", r"above <N>"),
    row(Rule.ABOVE, r"\bpositive\b", r"(?:greater|more|larger|higher) than zero", r"<NOT> be (?:zero|0)\b", argument=0),
    row(Rule.BELOW, r"(?:less|lower|smaller|fewer) than <N>", r"(?<!<)< ?<N>", r"under <N>"),
    row(Rule.BELOW, r"\bnegative (?:number|integer|value)", argument=0),
    # --- wrong, and nothing more
    row(
        Rule.INVALID,
        r"\b(?:is|are) (?:not valid|invalid|malformed|incorrect|not correct|unacceptable|wrong)\b",
        r"\b(?:invalid|bad|wrong|illegal|incorrect|malformed) <Q>?(?P<field>[A-Za-z_][\w.-]{0,60})",
        r"\binvalid\b|not (?:an? )?valid\b",
        r"failed on the [\"'`]\w{1,40}[\"'`] tag",
    ),
)  # fmt: skip
