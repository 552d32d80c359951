// Package verify finds the values of a write that the HighLevel API accepted and did not store.
//
// A 2xx response does not prove that every value was stored. The API silently ignores unknown
// custom fields, the second identifier of an upsert that matches two contacts, and the gender of an
// existing contact. The response shows most of these losses: [Unapplied] compares it with the
// request.
//
//	result, err := c.Contacts.Upsert(ctx, request)
//	if err != nil {
//		return err
//	}
//	for _, name := range verify.Unapplied(request, result) {
//		log.Printf("contact %s: %s was not stored", result.Contact.ID, name)
//	}
//
// # Normalization
//
// The API stores some values in another form. Unapplied does not report these:
//   - Tags are trimmed and in lower case. Names are in lower case in lists.
//   - Phone numbers are in E.164. Unapplied compares digits, in any script, because the country of a
//     national number is a setting of the location.
//   - Dates of birth and custom dates have several forms.
//   - Country codes are in upper case. White space is collapsed.
//
// If a value cannot be compared, such as the name of a country with its code, any value in the
// response counts as stored.
//
// # Custom fields
//
// A response identifies custom fields by ID only. A field that was written by its key can be
// verified if [WithFieldKeys] provides its ID. Otherwise [Unverifiable] returns it.
//
// The vendor does not document which value the API stores if a request has a custom field twice.
// Each of the values counts as stored.
package verify
