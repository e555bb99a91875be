"""The sentences in which backends say what is wrong about a field's presence, its owner, its kin or its day.

A row is a way of saying a rule; `values` has those about the value itself.
Sources: the messages of the validators, databases and frameworks that the tests name, and what people write by hand.
"""

from __future__ import annotations

from auditor.complaints.rules import Row, Rule, row

ABOUT_FIELDS: tuple[Row, ...] = (
    # --- what the body is written in
    row(
        Rule.MEDIA_TYPE,
        r"\b(?:supported|expected?s?|accepts?|use|must be|should be|requires?|send|but)\b[^/\n]{0,40}[\"'`\[( ]<MEDIA>",
        r"<MEDIA> content[- ]?type",
        r"unsupported (?:media|content)[- ]?type",
        r"content[- ]?type .{0,80}? ?(?:is )?not supported",
    ),
    # --- members that must not be there
    row(
        Rule.NOT_ALLOWED,
        r"unrecognized (?:key(?:\(s\))?s?|<KINDS>)(?: in object)?:? <QS>",
        r"additional properties are not allowed \(<QS> (?:was|were) unexpected\)",
        r"(?:property|field|parameter|key|attribute) <F> (?:should not exist|is not (?:allowed|expected|permitted)|"
        r"is not (?:defined|recognized|supported)|is unexpected|not allowed)",
        r"(?:unknown|unexpected|unrecognized|unsupported|unpermitted|extraneous) <KINDS>:? ?\(?"
        r"[\"'`:]{1,2}(?P<field>[\w.$\[\]-]{1,80})",
        r"(?:unpermitted|unknown|unexpected) <KINDS>: ?<FS>",
        r"(?:unknown|unexpected|unrecognized) (?:field|property|parameter|attribute|key) <F>$",
        r"is not an? (?:permitted|allowed|known|supported) (?:field|property|parameter|attribute|key)",
        r"<QF> is not allowed(?! to)",
        r"could not find member <QF>",
        r"extra (?:inputs|fields|keys) (?:are )?not (?:permitted|allowed)",
        r"(?:unknown|unexpected) (?:field|property|attribute)s?\b",
        r"<MUST> not have additional properties",
        r"read[- ]?only\b",
        r"<NOT> be (?:set|changed|modified|updated|specified|provided|present|sent|given)(?! to)",
        r"<MUST> be (?:empty|null|absent|omitted|blank)(?! or)",
        r"is not allowed$",
        r"should not exist",
        r"field is not (?:allowed|permitted|expected|writable)",
    ),
    # --- members that must be there
    row(Rule.EQUAL, r"\b(?:set|use|pass|add|specify|with) "
    r"<Q>?(?P<field>[A-Za-z_]\w{1,60})\s?=\s?(?P<value>[\w.-]{1,40})"),
    row(Rule.TYPE, r"an? valid <TYPES> is required"),
    row(
        Rule.REQUIRED,
        r"null value in column <F>",
        r"not null constraint failed: (?:\w{1,60}\.)?<F>",
        r"column <F> cannot be null",
        r"field <F> doesn't have a default value",
        r"<MUST> have (?:required )?propert(?:y|ies) <QS>",
        r"<MUST> have required propert(?:y|ies) <FS>",
        r"expected required property <F> to be present",
        r"<QF> is a required (?:property|field|parameter)",
        r"invalid key: expected <QF> but received undefined",
        r"missing (?:field|property|key|parameter) <QF>",
        r"misses the <QF> property",
        r"missing required peers? <F>",
        r"required peers \[<FS>",
        r"(?:at least )?one of \[?<FS>\]? (?:is|are|must be) (?:required|present|provided|specified|supplied|given"
        r"|set)",
        r"\beither <FS> (?:is|are|must be) (?:required|present|provided|specified|supplied|given|set)",
        r"(?:provide|contain|have|specify|supply|include|send) at least one of <FS>",
        r"(?:provide|specify|supply|include|send|pass|set) both <FS>",
        r"required (?:request )?(?:\w{1,20} )?<KINDS> <F>(?: for [^\n]{0,80}?)? "
        r"(?:is |was |are )?(?:missing|not (?:present|provided|found|supplied|set|specified))",
        r"(?:missing|lacks?|lacking|absent|no) (?:(?:a|the) )?(?:required|mandatory|necessary) (?:\w{1,20} )?<KINDS>"
        r"(?: (?!in )\w{1,20})?\s?[:=-]\s?\(?<FS>",
        r"(?:missing|lacks?|no) (?:(?:a|the) )?(?:required|mandatory) (?:\w{1,20} )?<KINDS> <QS>",
        r"(?:missing|lacks?) (?:(?:a|the) )?<KINDS>: ?<FS>",
        r"missing (?:(?:a|the) )?(?:\w{1,20} )?<KINDS>?\s?<QS>",
        r"missing (?:required )?(?:\w{1,20} )?(?:propert(?:y|ies)|fields?|param(?:eter)?s?|arguments?|attributes?) "
        r"<F>$",
        r"^(?:the )?(?:fields? )?<FS> are (?:all |both )?(?:required|mandatory|missing)",
        r"(?:param|parameter|value) is missing or the value is empty(?: or invalid)?: <F>",
        r"(?:required|mandatory) (?:\w{1,20} )?<KINDS>(?: (?:are|is))?(?: missing)?: ?<FS>",
        r"(?:required|mandatory) <KINDS> <QF>",
        r"missing required <KINDS>? ?(?:in|from)? ?(?:the )?",
        r"missing (?:the )?(?!data|required|value|field|property|or\b)(?P<field>[\w-]{2,60}) "
        r"(?:request )?(?:header|parameter|field|property|attribute)\b",
        r"(?:please|you must|must) (?:also )?(?:provide|add|enter|specify|supply|include|fill in|select|choose|give"
        r"|pass)"
        r" (?:(?:a|an|the|your|some) )?(?:valid )?<WORDS>",
        r"no <Q>?<WORDS><Q>? (?:was |were )?(?:provided|supplied|given|specified|sent)",
        r"received (?:undefined|null)\b",
        r"\(was missing\)",
        r"missing data for required field",
        r"required key not provided",
        r"<KINDS> (?:is |are )?required",
        r"(?:is|are|was|were)(?: also)?(?: an?)? (?:required|mandatory|obligatory|compulsory|missing|undefined)\b",
        r"(?:is|are|was|were) not (?:provided|present|supplied|specified|set|defined|given)\b(?! in table)",
        r"<NOT> be (?:null|nil|none|undefined|missing|omitted)",
        r"<MUST> not be (?:null|nil|none|undefined|missing)",
        r"<NOT> be left (?:out|blank)",
        r"<MUST> be (?:present|provided|specified|supplied|set|defined|filled|given|included|non-null|not null)\b",
        r"(?:null|none) is not (?:an allowed value|allowed)",
        r"not (?:provided|supplied|specified)\b",
        r"^missing <WORDS>$",
        r"(?:body|request|payload) must (?:contain|include|have) (?:an? |the )?<WORDS>$",
        r"\bmissing$",
        r"\brequired\.?$",
        r"field required|^required field",
        r"<CODE>required\w{0,20}[\"'`] tag",
    ),
    row(
        Rule.NOT_EMPTY,
        r"<NOT> be (?:an )?(?:empty|blank)(?: string)?",
        r"<MUST> be (?:non-?empty|not (?:empty|blank))",
        r"(?:is|are) (?:empty|blank)\b",
        r"empty values? (?:is |are )?not allowed",
        r"non-?empty",
        r"<CODE>notblank[\"'`] tag",
    ),
    # --- somebody else has it
    row(
        Rule.TAKEN,
        r"key \(<FS>\)=\([^)\n]{0,200}\) (?:already exists|conflicts)",
        r"unique constraint failed:? (?:on the (?:fields?|constraint): )?\(?[\"'`]?(?:\w{1,60}\.)?<FS>",
        r"duplicate entry [\"'`][^\"'`\n]{0,200}[\"'`] for key [\"'`]?(?:\w{1,60}\.)?(?P<field>\w{1,80})",
        r"dup key: \{ ?[\"'`]?(?P<field>\w[\w.-]{0,60})[\"'`]?:",
        r"violates unique constraint <F>",
        r"with (?:this|that|the same|the given|such an?|an?) <WORDS> (?:already )?exists",
        r"with (?:this|that|the same|the given) <WORDS>[^\n]{0,80} already exists",
        r"already (?:been )?(?:taken|exists?|existing|in use|registered|used|assigned|booked|reserved|scheduled"
        r"|present)",
        r"already (?:been )?(?:claimed|added|enrolled|subscribed|associated|occupied|created|defined|has|have|a "
        r"member)",
        r"exists already",
        r"fields <FS> must make a unique set",
        r"<MUST> (?:be )?unique",
        r"not unique\b",
        r"unique (?:constraint|violation|index)",
        r"\bduplicated?\b",
        r"(?:is|are|been) (?:taken|occupied|unavailable|no longer available|fully booked|not free)|not available",
        r"\bconflict(?:s|ing)? with\b",
        r"\boverlap(?:s|ping)?\b",
        r"\bin use\b",
    ),
    # --- points to nothing
    row(
        Rule.UNKNOWN,
        r"key \(<FS>\)=\([^)\n]{0,200}\) is not present in table",
        r"foreign key constraint failed on the (?:field|constraint): [\"'`(]{0,2}<F>",
        r"foreign key \([\"'`]?(?P<field>\w{1,60})[\"'`]?\) references",
        r"violates foreign key constraint <F>",
        r"foreign key (?:constraint|violation)",
        r"<KIND2> (?:with|for|having|matching) (?:(?:the|given|that|this|provided) ){0,3}"
        r"(?:ids?|pk|uuid|slug|name|code|identifier)\b[^.\n]{0,60}? (?:(?:was|is|could|can|does|do) ?)?not (?:be )?"
        r"(?:found|exists?)",
        r"(?:could ?n[o']t|could not|cannot|can't|unable to|failed to) (?:find|locate|resolve|load) (?:(?:an?|the"
        r"|any) )?"
        r"<KIND>",
        r"(?:no such|unknown|nonexist[ae]nt|non-existent|non-existing) (?!variant|key|field|property|type)<KIND>",
        r"(?:references?|refers to|points? to|linked to) (?:an? )?(?:non-?existent|unknown|missing|invalid) <KIND>",
        r"<MUST> (?:reference|refer to|point to|be) an existing <KIND>",
        r"no <KIND> (?:was |were )?(?:found|exists?)\b",
        r"none of the (?:supplied |given |provided |specified |requested )?<F> (?:were |was |could be )?"
        r"(?:found|exists?)\b",
        r"invalid (?:pk|reference|foreign key)\b",
        r"object does not exist",
        r"item not found for",
        r"the selected (?P<field>[\w .-]{1,60}? id) is invalid",
        r"<KIND2> (?:was |is |were |could |can ?)?not (?:be )?found",
        r"<KIND2> (?:does not|doesn't|do not|don't) exist",
        r"(?:does not|doesn't|do not) exist|not found",
        r"<MUST> exist\b",
        r"(?:is|are) not (?:an existing|known)\b",
    ),
    # --- two fields
    row(
        Rule.SAME_AS,
        r"the (?P<other>[\w ]{1,60}?) field and (?P<field>[\w ]{1,60}?) field must be the same",
        r"(?:the )?(?P<other>[\w-]{1,60}(?: [\w-]{1,30})?)(?: field)? confirmation (?:does not|doesn't|did not|must) "
        r"match",
        r"\[ref:(?P<other>[\w.]{1,60})\]",
        r"(?P<other>password)(?: field)?s? (?:do not|does not|did not|don't|doesn't|didn't|must|should|need to) "
        r"(?:be )?(?:match|the same|identical|equal)\b(?! (?:the|expected|required|pattern|regex|[\"'`/^]))",
        r"(?:do|does|did)(?: not|n't) match (?!(?:the |an? )?(?:required|expected|pattern|following|format|regex"
        r"|regular|"
        r"any|specified)|[\"'`/^])<OTHER>",
        r"<MUST> (?:match|equal) (?!(?:the |an? )?(?:required|expected|pattern|following|format|regex|regular|any"
        r"|exactly"
        r"|schema|at least|one)|[\"'`/^\d\[(])<OTHER>",
        r"<MUST> be (?:the same as|equal to|identical to|identical with) (?!one of|[\"'`\d]|true|false)<OTHER>",
        r"is not the same as <OTHER>",
    ),
    row(
        Rule.DIFFERENT,
        r"<MUST> (?:be different|differ) (?:from|to|than) <OTHER>",
        r"<NOT> be the same as <OTHER>",
        r"<NOT> (?:equal|be equal to) <OTHER>",
        r"<NOT> [^\n.;]{2,60}? (?:yourself|themsel(?:f|ves)|your own (?:user|account|profile|id))\b",
    ),
    # --- days and hours
    row(
        Rule.PAST,
        r"at least (?P<years>\d{1,3}) years?(?: old| of age)?",
        r"\b(?P<years>\d{1,3}) (?:years (?:old )?)?(?:or|and) (?:older|over)\b",
        r"(?:older than|over|minimum age(?: is| of)?:?) (?P<years>\d{1,3})(?: years)?(?: old)?",
        r"(?:<NOT> be|<MUST> not be|is|are|lies) in the future",
        r"future (?:dates?|times?) (?:is |are )?not (?:allowed|permitted)",
        r"<MUST> be (?:an? )?(?:date |time |datetime )?(?:in the )?past\b",
        r"<MUST> be (?:a (?:date|time) )?(?:on or )?(?:<EARLIER>|no later than)<OREQUAL> <TODAY>",
        r"<NOT> be <LATER> <TODAY>",
    ),
    row(
        Rule.FUTURE,
        r"at least (?P<days>\d{1,4}) days? (?:in advance|ahead|from now|before|in the future|notice|from today)",
        r"at least (?P<hours>\d{1,4}) (?:hours?|minutes?) (?:in advance|ahead|from now|before|in the future|notice)",
        r"<TODAY> or (?:later|after|in the future)",
        r"(?:<NOT> be|<MUST> not be|is|are|lies|was) in the past",
        r"past (?:dates?|times?|slots?) (?:is |are )?not (?:allowed|permitted)",
        r"<MUST> be (?:an? )?(?:date |time |datetime |day |moment )?(?:in the )?future\b",
        r"<MUST> be (?:a (?:date|time|datetime) )?(?:on or )?(?:<LATER>|no earlier than)<OREQUAL> <TODAY>",
        r"(?:<NOT> be|<MUST> not be) <EARLIER> <TODAY>",
        r"(?:has|have) (?:already )?(?:passed|expired|elapsed)",
        r"(?:greater|later) than <TODAY>",
        r"in the future|future (?:date|time|datetime)|in the past\b|is expired",
    ),
    row(
        Rule.WEEKDAY,
        r"\b(?:weekdays?|working days?|business days?|weekends?|saturdays?|sundays?)\b",
        r"monday (?:to|through|-|–) friday",
    ),
    row(
        Rule.HOURS,
        r"(?:between|from) (?P<n>\d{1,2}):\d\d(?: ?[ap]m)? (?:and|to|-|–|until) (?P<m>\d{1,2}):\d\d(?: ?[ap]m)?",
        r"(?:between|from) (?P<n>\d{1,2}) ?am (?:and|to|-|–|until) (?P<m>\d{1,2}) ?(?P<pm>pm)",
        r"(?P<n>\d{1,2}):00 ?(?:am)? ?(?:-|–|to) ?(?P<m>\d{1,2}):00",
        r"\b(?:business|working|opening|office|operating) hours\b",
    ),
    row(
        Rule.AFTER,
        r"<MUST> (?:be|come|occur|fall|lie|start|end)? ?(?:an? (?:date|time) |strictly )?<LATER><OREQUAL> "
        r"<NAMED><OTHER>",
        r"(?:<NOT>|<MUST> not) be <EARLIER> <NAMED><OTHER>",
        r"(?:is|was|comes|lies) (?:before|earlier than|prior to) <NAMED><OTHER>",
    ),
    row(
        Rule.BEFORE,
        r"<MUST> (?:be|come|occur|fall|lie|start|end)? ?(?:an? (?:date|time) |strictly )?<EARLIER><OREQUAL> "
        r"<NAMED><OTHER>",
        r"(?:<NOT>|<MUST> not) be <LATER> <NAMED><OTHER>",
        r"<NOT> exceed (?!(?:the )?maximum)<NAMED><OTHER>",
        r"(?:is|was|comes|lies) (?:after|later than) <NAMED><OTHER>",
    ),
)  # fmt: skip
