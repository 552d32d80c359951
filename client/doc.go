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
// # What the API sends
//
// A body is decoded strictly by api/contacts.yaml first. Where a value has another type, a second pass keeps what can be kept
// and tells where in [Response.Drift]: one odd value loses neither a contact nor a page. Members that the document does not know
// are kept in Contact.Extra. Instants may be odd too: one that cannot be read is zero.
//
// # Secrets and personal data
//
// Errors and log records carry operation, method, path, status, attempt and trace id. They never hold a token, a query, a body, an
// e-mail address or a phone number. Redirects to another host or from https to http lose the token; writes do not follow them.
package client
