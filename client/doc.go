// Package client calls the HighLevel (GoHighLevel, LeadConnector) Contacts API: get, create, update, upsert, delete, list, and
// list by business.
//
//	c, err := client.New(client.StaticToken(token), client.WithLocation(locationID))
//	if err != nil {
//		return err
//	}
//	contact, err := c.Contacts.Get(ctx, id)
//
// # Requests
//
// [CreateContactRequest] takes plain values; what is zero is not sent. [UpdateContactRequest] and [UpsertContactRequest] tell
// three things apart in the members that the API lets be null: the zero value is not sent and keeps what is there, [Set] writes a
// value, [Clear] removes it. Lists are sent when they are not nil, so an empty list empties. Custom fields are written by id or
// key, see [Field] and [FieldByKey], and read by kind, see [ReadField].
//
// # Lists
//
// [ContactsService.All] walks over all contacts of a location and asks for pages as it goes; [ContactsService.List] asks for one
// page. A [Cursor] has a text form, so that a walk can be resumed later.
//
// # Errors
//
// An answer that is no success is an [*Error]; [errors.Is] tells its meaning:
//
//	contact, err := c.Contacts.Create(ctx, request)
//	var apiError *client.Error
//	switch {
//	case errors.Is(err, client.ErrDuplicate) && errors.As(err, &apiError):
//		contact, err = c.Contacts.Get(ctx, apiError.ContactID)
//	case errors.Is(err, client.ErrMaybeApplied):
//		// Look for the contact before creating it again.
//	}
//
// The API's statuses mislead: a contact that does not exist is a 400, a missing scope is a 401, a location that was not sent is a
// 403. The meanings are told by its words. Bad arguments match [ErrInvalid] and are refused before anything is sent.
//
// # What is repeated
//
// A call has up to three attempts ([WithRetry]) under its context. What is repeated depends on the operation and on what is known
// of the failure:
//
//	failure                                  | get, list | update, delete, | create, upsert with
//	                                         |           | upsert          | createNewIfDuplicateAllowed
//	nothing was sent (refused, no such host) | repeated  | repeated        | repeated
//	429, unless the day is used up           | repeated  | repeated        | repeated
//	reset, time-out, truncated body          | repeated  | repeated, maybe | error, maybe
//	408, 500, 502, 503, 504, 520 to 527      | repeated  | repeated, maybe | error, maybe
//	425                                      | repeated  | repeated        | error
//	other 5xx                                | error     | error, maybe    | error, maybe
//	2xx without what was promised, too large | error     | error, maybe    | error, maybe
//	401 for a bad or expired token           | repeated once, if the TokenSource can renew it
//	anything else                            | error     | error           | error
//
// Where it says maybe, the write may have happened: if the call fails in the end, the error matches [ErrMaybeApplied]. After a
// create, look for the contact before creating it again, by its e-mail address or phone number in a list, some seconds later
// since lists lag behind; or upsert it. A repeated delete that meets "not found" is a success. A repeated upsert may answer New
// false for a contact that its first attempt created.
//
// Waits are exponential with full jitter. Retry-After is obeyed up to RetryPolicy.MaxDelay; beyond it the call ends at once with
// Error.RetryAfter set. After a 429 nothing starts for the API's interval, for all calls at once.
//
// # How requests are paced
//
// A client starts no more requests in any interval than the API allows, over every window: 100 in 10 seconds, or what the
// headers of the latest response say. See [NewPacer] and [WithPacer].
//
// # What the API sends
//
// A body is decoded strictly by api/contacts.yaml first. Where a value has another type, a second pass keeps what can be kept
// and tells where in [Response.Drift]: one odd value loses neither a contact nor a page. Members that the document does not know
// are kept in Contact.Extra. Instants may be odd too: one that cannot be read is zero. To store a contact as JSON, encode it by
// the rules of json/v2 (github.com/go-json-experiment/json): encoding/json writes Extra as a member of its own.
//
// # Secrets and personal data
//
// Errors and log records carry operation, method, path, status, attempt and trace id. They never hold a token, a query, a body, an
// e-mail address or a phone number. Redirects to another host or from https to http lose the token; writes do not follow them.
package client
