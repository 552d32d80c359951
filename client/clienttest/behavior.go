package clienttest

import (
	"cmp"
	"time"
)

// Behavior chooses between forms of answers. Some members choose between forms that the API has all been seen to use; the
// others, marked "not known", stand for what nobody has recorded, so that what the fake does there is this package's own
// invention: test your program against each value rather than rely on one. The zero value is the default.
type Behavior struct {
	// ListEnd is the shape of the end of a list.
	ListEnd ListEnd
	// ListMeta is how much of the meta of a list is sent. Not known, except ListMetaFull.
	ListMeta ListMeta
	// PageMax is the largest page of a location's list, whatever the limit of the request; 0 is no
	// bound. The meta names the next page nevertheless. Not known.
	PageMax int
	// BusinessPageMax is the largest page of a business's list, such as 100; 0 is no bound. Not known.
	BusinessPageMax int
	// IndexLag is how long a write takes to show in both lists; zero shows it at once. GET by id is never late.
	IndexLag time.Duration
	// Success is how a delete and an update spell success.
	Success SuccessSpelling
	// OlderErrors makes the answer to a missing token the older one, with status and traceId instead of statusCode.
	OlderErrors bool
	// ExpiredMessage is the message for an expired token, "Invalid token: access token is invalid" by default.
	ExpiredMessage string
	// WrongUserTypeMessage is the message for a token of the wrong class, "This authClass type is not allowed …" by default; "Token's
	// user type mismatch!" has been seen too.
	WrongUserTypeMessage string
	// BirthTime makes dateOfBirth RFC 3339 in answers instead of YYYY-MM-DD.
	BirthTime bool
	// DeletedFor is how long after a delete the message is "Contact not found for id:…", before it becomes "Contact with id …
	// not found"; 10 seconds by default. That the first form ends is known, when it does is not known.
	DeletedFor time.Duration

	// TooMany is the answer to a request over the limit. Not known.
	TooMany TooMany
	// ClampLimit answers a limit over 100 with a page of 100 instead of a 422. Not known.
	ClampLimit bool
	// Clear tells which value of a member clears it. Not known.
	Clear ClearRule
	// CountPage makes count in a list by business the contacts of the page instead of the business. Not known.
	CountPage bool
	// PhoneMessage is the message of the 422 for a phone number that cannot be one, "phone must be a valid phone number" by
	// default. Not known.
	PhoneMessage string
	// CountryMessage is the message of the 422 for a country that is not two letters, "country must be a valid ISO31661 Alpha2
	// code" by default. Not known.
	CountryMessage string
	// RejectBarePath answers /contacts without the slash with 404 instead of serving it as /contacts/. Not known.
	RejectBarePath bool
	// RejectDuplicateUpdate makes an update that takes another contact's e-mail address or phone number fail as a create
	// does, where the location forbids duplicates. Not known.
	RejectDuplicateUpdate bool
	// UsedRefreshToken is the body for a refresh token that was used before and is no longer in its grace; its status is 401.
	// By default {"error":"UnAuthorized!","error_description":"Refresh token not found"}. Not known.
	UsedRefreshToken string
}

// ListEnd is one of the shapes in which the end of a list has been seen.
type ListEnd int

// The shapes of the end of a list.
const (
	ListEndNull        ListEnd = iota // nextPage and nextPageUrl are null, the cursor is still set
	ListEndEmptyString                // nextPage is "", nextPageUrl and the cursor are still set
	ListEndEmptyMeta                  // every page with contacts has a next one; then come no contacts, with an empty meta
	ListEndNoCursor                   // the same, with a meta that has a total and no cursor
	ListEndNoMeta                     // the same, without meta
)

// ListMeta is how much of the meta of a list is sent, on every page.
type ListMeta int

// The amounts of meta.
const (
	ListMetaFull       ListMeta = iota
	ListMetaURLOnly             // nextPage is missing while nextPageUrl names a next page
	ListMetaHalfCursor          // startAfterId is missing
	ListMetaNoCursor            // startAfter and startAfterId are missing
	ListMetaEmpty               // meta is {}
	ListMetaNone                // there is no meta
)

// SuccessSpelling is a way to say that a write succeeded.
type SuccessSpelling int

// The spellings.
const (
	SuccessToday   SuccessSpelling = iota // deletes say succeded and succeeded, updates succeded
	SuccessBefore                         // both say succeded
	SuccessCorrect                        // both say succeeded
)

// ClearRule tells what clears a member in a write.
type ClearRule int

// The rules for clearing.
const (
	ClearRuleBoth  ClearRule = iota // null and the empty text
	ClearRuleNull                   // null; an empty text is ignored
	ClearRuleEmpty                  // the empty text; null is ignored
)

// TooMany is the answer to a request over the rate limit: status 429 with a body that is not known. The zero value is
// TooManyJSON.
type TooMany struct {
	Body        string
	ContentType string
	RetryAfter  string // the Retry-After header; not sent if empty, as the API has never been seen to send it
}

// Bodies of a 429, none of them recorded from the API.
var (
	TooManyJSON  = TooMany{Body: `{"statusCode":429,"message":"Too Many Requests"}`, ContentType: jsonType}
	TooManyText  = TooMany{Body: "Too Many Requests", ContentType: "text/plain; charset=utf-8"}
	TooManyEmpty = TooMany{ContentType: jsonType}
)

// birth is the day of birth, as an instant if it is to be one.
func (r *record) birth(instant bool) string {
	day := r.text(dateOfBirth)
	if _, err := time.Parse(time.DateOnly, day); err == nil && instant {
		return day + "T00:00:00.000Z"
	}
	return day
}

// clears tells whether a text, or null if it is nil, removes a member; and whether it is ignored instead.
func (c ClearRule) clears(value *string) (clears, ignored bool) {
	switch {
	case value == nil:
		return c != ClearRuleEmpty, c == ClearRuleEmpty
	case *value == "":
		return c != ClearRuleNull, c == ClearRuleNull
	default:
		return false, false
	}
}

func (b Behavior) withDefaults() Behavior {
	b.ExpiredMessage = cmp.Or(b.ExpiredMessage, "Invalid token: access token is invalid")
	b.WrongUserTypeMessage = cmp.Or(b.WrongUserTypeMessage,
		"This authClass type is not allowed to access this scope.  Please verify your IAM configuration if this is not the case.")
	b.DeletedFor = cmp.Or(b.DeletedFor, 10*time.Second)
	b.TooMany = cmp.Or(b.TooMany, TooManyJSON)
	b.PhoneMessage = cmp.Or(b.PhoneMessage, "phone must be a valid phone number")
	b.CountryMessage = cmp.Or(b.CountryMessage, "country must be a valid ISO31661 Alpha2 code")
	b.UsedRefreshToken = cmp.Or(b.UsedRefreshToken, `{"error":"UnAuthorized!","error_description":"Refresh token not found"}`)
	return b
}
