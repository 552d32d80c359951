package clienttest

import (
	"cmp"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
)

// Behavior selects between alternatives. Some fields select between forms that the API has been
// seen to use. For the others, marked "Not known", no response has been recorded, and what the fake
// does is an assumption: test your program against each value rather than rely on one. The zero
// value is the default.
type Behavior struct {
	// ListEnd is the shape of the end of a list.
	ListEnd ListEnd
	// ListMeta is how much of the meta of a list is sent. Not known, except ListMetaFull.
	ListMeta ListMeta
	// PageMax is the largest page of a location's list, whatever the limit of the request; 0 is no
	// bound. The meta names the next page nevertheless. Not known.
	PageMax int
	// BusinessPageMax is the largest page of a business's list, such as 100; 0 is no bound. Not
	// known.
	BusinessPageMax int
	// CountPage makes count in a list by business the number of contacts on the page instead of
	// that of the business. Not known.
	CountPage bool
	// ClampLimit returns a page of 100 contacts for a limit over 100 instead of a 422. Not known.
	ClampLimit bool
	// IndexLag is how long it takes until a write appears in lists; zero shows it at once. A get is
	// never late.
	IndexLag time.Duration

	// Success is how the responses to deletes and updates spell success.
	Success SuccessSpelling
	// OlderErrors makes the response to a missing token the older one, with status and traceId
	// instead of statusCode.
	OlderErrors bool
	// ExpiredMessage is the message for an expired token, "Invalid token: access token is invalid"
	// by default.
	ExpiredMessage string
	// WrongUserTypeMessage is the message for a token of the wrong user type, "This authClass type
	// is not allowed …" by default; "Token's user type mismatch!" has been seen too.
	WrongUserTypeMessage string
	// BirthTime makes dateOfBirth in responses RFC 3339 instead of YYYY-MM-DD.
	BirthTime bool
	// DeletedFor is how long after a delete the message is "Contact not found for id:…", before it
	// becomes "Contact with id … not found"; 10 seconds by default. How long it really takes is not
	// known.
	DeletedFor time.Duration

	// TooMany is the response to a request over the rate limit. Not known.
	TooMany TooMany
	// Clear is which value of a property clears it. Not known.
	Clear ClearRule
	// PhoneMessage is the message of the 422 for an impossible phone number, "phone must be a valid
	// phone number" by default. Not known.
	PhoneMessage string
	// CountryMessage is the message of the 422 for a country that is not two letters, "country must
	// be a valid ISO31661 Alpha2 code" by default. Not known.
	CountryMessage string
	// RejectBarePath makes /contacts without the slash a 404 instead of serving it as /contacts/.
	// Not known.
	RejectBarePath bool
	// RejectDuplicateUpdate makes an update with another contact's email address or phone number
	// fail as a create does, where the location does not allow duplicates. Not known.
	RejectDuplicateUpdate bool
	// UsedRefreshToken is the body for a refresh token that was used before its grace; the status
	// is
	// 401. The default is {"error":"UnAuthorized!","error_description":"Refresh token not found"}. Not
	// known.
	UsedRefreshToken string
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

// ListEnd is one of the shapes in which the end of a list has been seen.
type ListEnd int

// The shapes of the end of a list.
const (
	ListEndNull        ListEnd = iota // nextPage and nextPageUrl are null, the cursor is still set
	ListEndEmptyString                // nextPage is "", nextPageUrl and the cursor are still set
	ListEndEmptyMeta                  // every page with contacts has a next one; then an empty page has an empty meta
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

// SuccessSpelling is how a response says that a write succeeded.
type SuccessSpelling int

// The spellings.
const (
	SuccessToday   SuccessSpelling = iota // deletes have succeded and succeeded, updates have succeded
	SuccessBefore                         // both have succeded
	SuccessCorrect                        // both have succeeded
)

// ClearRule is which value in a write clears a property.
type ClearRule int

// The rules for clearing.
const (
	ClearRuleBoth  ClearRule = iota // null and the empty string
	ClearRuleNull                   // null; an empty string is ignored
	ClearRuleEmpty                  // the empty string; null is ignored
)

// clears reports whether null, or an empty string, clears a property. If not, it is ignored.
func (r ClearRule) clears(isNull bool) bool {
	return r == ClearRuleBoth || isNull == (r == ClearRuleNull)
}

// TooMany is the response to a request over the rate limit: status 429 with a body that is not
// known. The zero value is TooManyJSON.
type TooMany struct {
	Body        string
	ContentType string
	RetryAfter  string // the Retry-After header; not sent if empty, as the API has never been seen to send it
}

// Responses with status 429, none of them recorded from the API.
var (
	TooManyJSON  = TooMany{Body: `{"statusCode":429,"message":"Too Many Requests"}`, ContentType: wire.JSONType}
	TooManyText  = TooMany{Body: "Too Many Requests", ContentType: "text/plain; charset=utf-8"}
	TooManyEmpty = TooMany{ContentType: wire.JSONType}
)
