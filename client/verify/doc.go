// Package verify finds the values of a write that the HighLevel API accepted and did not store.
//
// A 2xx response does not prove that every value was stored. The API silently ignores unknown
// custom fields, the second identifier of an upsert that matches two contacts, and the gender of an
// existing contact. The response shows most of these losses: [Unapplied] and [Upsert] compare it with
// the request.
//
//	result, err := c.Contacts.Upsert(ctx, request)
//	if err != nil {
//		return err
//	}
//	for _, name := range verify.Upsert(request, result) {
//		log.Printf("contact %s: %s was not stored", result.Contact.ID, name)
//	}
//
// # Normalization
//
// The API returns some values in another form than the request. Unapplied does not report values
// that differ only in their form:
//   - Tags are trimmed and in lower case. In lists, names are in lower case.
//   - Country codes are in upper case. White space is collapsed.
//   - Dates of birth and custom dates have one of several formats, with or without a time.
//   - Phone numbers are in E.164 format. The country of a national number is a setting of the
//     location, so Unapplied compares only its last seven digits. The digits of a request may
//     be of any script.
//
// Some values cannot be compared, such as the name of a country and a country code. For them, any
// value in the response counts as stored.
//
// # Custom fields
//
// A response identifies custom fields by ID only. A field that was written by its key can be
// verified with the definitions that [client.ContactsService.CustomFields] returns. Otherwise
// [Unverifiable] returns it.
//
// If a request has a custom field twice, each of its values counts as stored: the vendor does not
// document which one the API stores.
package verify
