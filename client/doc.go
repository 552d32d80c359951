// Package client calls the HighLevel (GoHighLevel, LeadConnector) Contacts API: get, create,
// update, upsert, delete, list, list by business, search, find by email or phone number, tags, and
// the definitions of custom fields.
//
//	c, err := client.New(client.StaticToken(token), client.WithLocation(locationID))
//	if err != nil {
//		return err
//	}
//	contact, err := c.Contacts.Get(ctx, id)
//
// [Client.Do] calls any other endpoint of the API under the same rules.
//
// # Requests
//
// [CreateContactRequest] has plain fields; fields at their zero value are not sent. Only DND is a
// pointer, so that false can be sent. The optional scalars of [UpdateContactRequest] and [UpsertContactRequest] are [Nullable]: the zero value is
// not sent and leaves the stored value unchanged, [Set] writes a value, [SetNonZero] writes a value
// that is not zero, and [Clear] sends null. A nil slice is not sent; an empty slice removes all
// entries. Tags in a request replace all tags: use [ContactsService.AddTags] to keep the others.
// Custom fields are written by ID or key, see [CustomFieldDefinition.Input], and read by ID, see
// [CustomFieldByID]. A string that is not valid UTF-8 is an error before any request.
//
// # Lists
//
// [ContactsService.All] and [ContactsService.SearchAll] return iterators over all contacts of a
// location and over those that match a search. They request pages as needed. A [Cursor] can be
// stored to resume later. A list ends where the API reports its end. It never ends early without an
// error: after an empty page that names a next page, the client asks once more.
//
// # Errors
//
// Every failed call returns an [*Error]. Use [errors.Is] to find out what happened, and [errors.As]
// for the details:
//
//	contact, err := c.Contacts.Create(ctx, request)
//	var apiErr *client.Error
//	switch {
//	case errors.Is(err, client.ErrDuplicate) && errors.As(err, &apiErr):
//		contact, err = c.Contacts.Get(ctx, apiErr.ContactID)
//	case errors.Is(err, client.ErrMaybeApplied):
//		// Look for the contact before creating it again.
//	}
//
// An error has exactly one kind. string([KindOf](err)) is its label for logs and metrics.
//
//	kind                  | returned for
//	ErrInvalid            | invalid arguments, before any request; 400, 422; 401 for the version header
//	ErrNotFound           | 400 or 404 whose message says that the contact does not exist; 404 of Client.Do
//	ErrDuplicate          | 400 for a create where the location does not allow duplicates
//	ErrUnauthorized       | 401 for a missing, invalid or expired token
//	ErrForbidden          | 403; 401 for the wrong scope, class, user type or location
//	ErrRateLimited        | 429, or a call that was not sent because the limit is exhausted
//	ErrServer             | 5xx, or a 2xx whose body reports a failure
//	ErrNetwork            | no complete response
//	ErrBadResponse        | a malformed or incomplete 2xx response, a list that cannot be continued
//	ErrResponseTooLarge   | a body over the limit
//	"canceled"            | a call whose context was canceled, unless an attempt failed before
//	"deadline"            | a call whose context expired
//	"other"               | anything else, such as an error of the token source or a redirect
//
// Two sentinel errors are matched in addition to a kind: [ErrMaybeApplied] by a write that failed
// and may have been applied, and [ErrDailyLimit] by a call that failed because the daily limit is
// exhausted.
//
// The API's status codes are unreliable: a contact that does not exist is a 400, a missing scope is
// a 401, a missing location is a 403. Errors are therefore classified by the message in the
// response body.
//
// # Retries
//
// A call has up to three attempts, see [WithRetry], not counting the request with a new token
// after a 401. It ends when its context ends. The operation
// and the failure determine whether the client retries. Reads are get, lists, searches and the
// definitions of custom fields:
//
//	failure                                  | reads     | update, delete, | create, upsert that
//	                                         |           | upsert, tags    | AlwaysCreates
//	not sent (refused, no such host), or     | retried   | retried         | retried
//	  HTTP/2 reports "not processed"         |           |                 |
//	429, except for the daily limit          | retried   | retried         | retried
//	reset, timeout, truncated body           | retried   | retried, maybe  | error, maybe
//	408, 500, 502, 503, 504, 520 to 527      | retried   | retried, maybe  | error, maybe
//	425                                      | retried   | retried         | error
//	other 5xx, 2xx that reports a failure    | error     | error, maybe    | error, maybe
//	malformed or too large 2xx response      | error     | error, maybe    | error, maybe
//	401 for an invalid or expired token      | sent once more, if the TokenSource can replace the token
//	anything else                            | error     | error           | error
//
// Where the table says "maybe", the write may have been applied: if the call fails in the end, the
// error matches [ErrMaybeApplied]. Before creating a contact again, wait a few seconds and look for
// it with [ContactsService.FindDuplicate], whose example shows how. A retried delete
// that finds the contact deleted is a success. After a retry, UpsertContactResult.New can be false
// although the first attempt created the contact.
//
// Delays are exponential with full jitter. Retry-After is honored up to RetryPolicy.MaxDelay; if it
// is longer, the call fails immediately with Error.RetryAfter set. A call fails immediately if it
// would have to wait past the deadline of its context: the error then matches
// [context.DeadlineExceeded] and the kind of the failure.
//
// net/http never resends a write by itself. It resends some reads without a bound, so the client
// cancels an attempt when net/http acquires a third connection for it, and counts each of them toward
// the rate limit. Only a GET follows a redirect, and only to the same scheme and host.
//
// # Rate limiting
//
// A client sends no more requests in any interval than the API allows: 100 in 10 seconds, or the
// limit that the headers of the latest response report. After a 429, all calls wait for as long as
// the API asks, an hour at most. While more than 30 seconds of that pause are left, calls fail
// immediately with ErrRateLimited. When the daily limit is exhausted, calls fail immediately until
// the API resets it, or for at most an hour if it does not report when. See [NewPacer] and [WithPacer].
//
// Calls pass the rate limit in the order in which they arrive. At 10 requests per second and 300 ms
// of latency, 3 to 10 workers reach the rate limit; more do not increase the throughput. Do not
// change one contact from several goroutines concurrently: the API does not order concurrent
// writes.
//
// # Response decoding
//
// The client first decodes a body strictly by the schema in api/contacts.yaml. If a value has
// another type, it decodes the body a second time, converts the values that the fields can hold,
// and reports each mismatch in [Response.Drift]. One unexpected value therefore does not make a
// contact or a page unreadable.
//
// Unknown properties are stored in the Extra field of their struct. encoding/json and json/v2
// decode and encode them with the struct, but the client never sends them in a request.
// [DecodeContact] decodes a contact from a webhook, a queue or an export under the same rules.
//
// # Testing
//
// Package clienttest provides a fake of the API that runs in the test process. To replace the client with a
// mock, declare an interface with the methods that you use; [*ContactsService] satisfies it.
//
// # Secrets and private data
//
// Error messages and log records contain the operation, method, path, status, attempt and
// trace ID. They never contain a token, a query, a body, an email address or a phone number: a
// message of the API that could contain one is withheld as a whole. A name may pass. Error.Messages
// and Error.Response hold the API's messages and the response as received. net/http itself prints
// the rest of a body to the global logger if the server sent more than Content-Length announced.
package client
