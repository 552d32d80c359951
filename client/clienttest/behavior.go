package clienttest

import (
	"cmp"
	"time"
)

// Behavior selects among alternatives of the API's behavior. The zero value of each field is its
// default. The API has been observed to use the alternatives of some fields. No response of the API
// has shown the behavior that is marked "Not observed": its default is an assumption, so test your
// program with each value.
type Behavior struct {
	// ListEnd is how a list indicates its end, ListEndNull by default.
	ListEnd ListEnd
	// ListMeta selects which properties the meta of a list has. Only ListMetaFull, the default, has
	// been observed.
	ListMeta ListMeta
	// MaxPageSize limits the size of a page of a location's list, even if the request asks for
	// more; 0 is no limit. The meta of such a page still describes a next page. Not observed.
	MaxPageSize int
	// MaxBusinessPageSize limits the size of a page of a business's list, to 100 for example; 0 is
	// no limit. Not observed.
	MaxBusinessPageSize int
	// BusinessCountPerPage makes the count of a business's list the number of contacts on the page.
	// By default it is the number of contacts of the business. Not observed.
	BusinessCountPerPage bool
	// ClampLimit makes a list with a limit over 100 return a page of 100 contacts. By default the
	// response is a 422. Not observed.
	ClampLimit bool
	// IndexLag is the time after which a write appears in lists; 0 means immediately. A get always
	// returns the latest write.
	IndexLag time.Duration

	// SuccessSpelling selects the property by which responses to deletes and updates report
	// success, SuccessSpellingCurrent by default.
	SuccessSpelling SuccessSpelling
	// LegacyMissingTokenError selects the older response to a request without a token, which has
	// status and traceId instead of statusCode.
	LegacyMissingTokenError bool
	// ExpiredMessage is the message of the response to an expired token, "Invalid token: access
	// token is invalid" by default.
	ExpiredMessage string
	// WrongUserTypeMessage is the message of the response to a token of the wrong user type, "This
	// authClass type is not allowed …" by default. "Token's user type mismatch!" has been observed
	// too.
	WrongUserTypeMessage string
	// DateOfBirthAsTime makes dateOfBirth in responses an RFC 3339 time. By default it is
	// YYYY-MM-DD.
	DateOfBirthAsTime bool
	// DeletedMessageDuration is the time after a delete during which the message for the ID is
	// "Contact not found for id:…". Later it is "Contact with id … not found". The default is 10
	// seconds; the API's time has not been observed.
	DeletedMessageDuration time.Duration

	// TooManyRequests is the response to a request over the rate limit, TooManyRequestsJSON by
	// default. Not observed.
	TooManyRequests TooManyRequests
	// Clear selects the values that clear a property, ClearRuleBoth by default. Not observed.
	Clear ClearRule
	// PhoneMessage is the message of the 422 for an impossible phone number, "phone must be a valid
	// phone number" by default. Not observed.
	PhoneMessage string
	// CountryMessage is the message of the 422 for a country that is not two letters, "country must
	// be a valid ISO31661 Alpha2 code" by default. Not observed.
	CountryMessage string
	// RejectMissingSlash makes /contacts, without the slash at the end, an unknown route. By
	// default it is the same as /contacts/. Not observed.
	RejectMissingSlash bool
	// RejectDuplicateUpdate makes the fake reject an update with the email address or phone number
	// of another contact, as it rejects a create, if the location does not allow duplicates. Not
	// observed.
	RejectDuplicateUpdate bool
	// UsedRefreshTokenBody is the body of the 401 for a refresh token that is used again after its
	// grace period. The default is
	// {"error":"UnAuthorized!","error_description":"Refresh token not found"}. Not observed.
	UsedRefreshTokenBody string
}

func (b Behavior) withDefaults() Behavior {
	b.ExpiredMessage = cmp.Or(b.ExpiredMessage, "Invalid token: access token is invalid")
	b.WrongUserTypeMessage = cmp.Or(b.WrongUserTypeMessage,
		"This authClass type is not allowed to access this scope.  Please verify your IAM configuration if this is not the case.")
	b.DeletedMessageDuration = cmp.Or(b.DeletedMessageDuration, 10*time.Second)
	b.TooManyRequests = cmp.Or(b.TooManyRequests, TooManyRequestsJSON)
	b.PhoneMessage = cmp.Or(b.PhoneMessage, "phone must be a valid phone number")
	b.CountryMessage = cmp.Or(b.CountryMessage, "country must be a valid ISO31661 Alpha2 code")
	b.UsedRefreshTokenBody = cmp.Or(b.UsedRefreshTokenBody, `{"error":"UnAuthorized!","error_description":"Refresh token not found"}`)
	return b
}

// ListEnd is how a list indicates its end. Each value has been observed.
type ListEnd int

// The ways in which a list ends. With ListEndNull and ListEndEmptyString, the last page with
// contacts has no next page. With the others it has one, and the list ends with an empty page.
const (
	ListEndNull        ListEnd = iota // nextPage and nextPageUrl are null; the cursor is set
	ListEndEmptyString                // nextPage is ""; nextPageUrl and the cursor are set
	ListEndEmptyMeta                  // the empty page has {} as its meta
	ListEndNoCursor                   // the empty page has a meta with a total and without a cursor
	ListEndNoMeta                     // the empty page has no meta
)

// ListMeta selects which properties the meta of a list has, on every page.
type ListMeta int

// The kinds of meta.
const (
	ListMetaFull       ListMeta = iota // every property
	ListMetaURLOnly                    // nextPage is missing and nextPageUrl is set
	ListMetaHalfCursor                 // startAfterId is missing
	ListMetaNoCursor                   // startAfter and startAfterId are missing
	ListMetaEmpty                      // meta is {}
	ListMetaNone                       // there is no meta
)

// SuccessSpelling is the property by which a response reports that a write succeeded.
type SuccessSpelling int

// The spellings of the property. The API misspells it as "succeded". Today its responses to deletes
// have both spellings.
const (
	SuccessSpellingCurrent    SuccessSpelling = iota // deletes: "succeded" and "succeeded"; updates: "succeded"
	SuccessSpellingMisspelled                        // deletes and updates: "succeded"
	SuccessSpellingCorrect                           // deletes and updates: "succeeded"
)

// ClearRule selects the values that clear a property in a write. The other value is ignored.
type ClearRule int

// The values that clear a property.
const (
	ClearRuleBoth  ClearRule = iota // null and the empty string
	ClearRuleNull                   // null
	ClearRuleEmpty                  // the empty string
)

// clears reports whether null or, if isNull is false, the empty string clears a property.
func (r ClearRule) clears(isNull bool) bool {
	return r == ClearRuleBoth || isNull == (r == ClearRuleNull)
}

// TooManyRequests is the response with status 429 to a request over the rate limit. The API's body
// has not been observed, and neither has a Retry-After header. The zero value means
// TooManyRequestsJSON.
type TooManyRequests struct {
	Body        string
	ContentType string
	RetryAfter  string // the Retry-After header; not sent if empty
}

// Responses with status 429. All of them are assumptions.
var (
	TooManyRequestsJSON  = TooManyRequests{Body: `{"statusCode":429,"message":"Too Many Requests"}`, ContentType: "application/json; charset=utf-8"}
	TooManyRequestsText  = TooManyRequests{Body: "Too Many Requests", ContentType: "text/plain; charset=utf-8"}
	TooManyRequestsEmpty = TooManyRequests{ContentType: "application/json; charset=utf-8"}
)
