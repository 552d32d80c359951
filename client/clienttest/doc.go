// Package clienttest is a fake HighLevel API for tests. It is an in-memory server that implements
// the operations of api/contacts.yaml and OAuth, and reproduces the quirks of the real API.
//
// A test starts a server and calls it with [Server.Client], or with any other client at
// [Server.URL]:
//
//	func TestSync(t *testing.T) {
//		hl := clienttest.NewServer(t)
//		hl.Seed(client.Contact{FirstName: "Ada", Email: "ada@example.com"})
//		sync(hl.Client())
//		// check hl.Contacts() and hl.Requests()
//	}
//
// The fake reproduces:
//   - The order of checks: version header, token, user type, scope, location, rate limit, request.
//   - The shapes of responses, as they were recorded in 2026: lists and searches have nulls, lists
//     have names in lower case, a get omits missing values, and "not found" is a 400.
//   - The rules for writes: each location allows or rejects duplicates; an upsert matches by email
//     address and phone number and ignores some values; tags are replaced and DND channels are
//     merged; unknown custom fields are dropped silently; phone numbers are stored in E.164.
//   - Lists: their order, the first page again if startAfter or startAfterId is missing, every
//     observed form of the end of a list, and an index that lags behind writes.
//   - Searches: every documented field and operator, groups, two sort fields, searchAfter (but not
//     page), errors for other fields and operators, and an index with a lag of its own.
//   - Custom fields: their definitions, and writes that the API changes, drops or rejects.
//   - Rate limits: per location, in every window of ten seconds and in the 24 hours from the first
//     request, with the API's headers.
//   - OAuth: the consent page, authorization codes, refresh tokens that can be used once, and
//     tokens of agencies and locations.
//
// [Behavior] selects among alternatives where the API has been observed to use several.
//
// Requests and responses are validated against api/contacts.yaml. A request that violates it is
// rejected with the API's 422. A response of the fake that violates it fails the test.
//
// [WithWebhooks] and [Server.HandleWebhooks] make the fake send the webhooks of the app, signed
// with a key of its own and retried as the API does. [Server.InjectWebhookFaults] makes them late,
// repeated, lost or forged.
//
// [Server.InjectFaults] injects faults: error responses, delays, connections that are reset before
// or after a write is applied, bodies that are incomplete or never end, and properties of the wrong
// type.
//
// Tests that control time use [Server.Advance], or [WithoutSocket] in a testing/synctest bubble.
// Programs, such as client/cmd/highlevel, use [Start] instead of [NewServer]. A server is meant
// for up to 100,000 contacts, which need about 300 MB of memory.
package clienttest
