// Package clienttest is a fake HighLevel for tests: a server in memory that answers the seven contact operations, and the
// two of OAuth, as the real API does, traps included.
//
// A test starts one of its own and calls it with [Server.Client], or with any other client at [Server.URL]:
//
//	func TestSync(t *testing.T) {
//		hl := clienttest.NewServer(t)
//		hl.Seed(client.Contact{FirstName: "Ada", Email: "ada@example.com"})
//		sync(hl.Client())
//		// look at hl.Contacts(), hl.Requests(), or at what changed since a hl.Snapshot()
//	}
//
// What it is faithful in:
//   - The order of checks: the version, the token, its class and scope, its location, the rate limit, the request itself.
//   - Shapes: lists have nulls and lower-cased names, GET by id leaves out what is missing, "not found" is a 400.
//   - Rules: duplicates by the location's setting, what an upsert matches and ignores, replaced tags, merged channels,
//     custom fields that are dropped silently, phone numbers in E.164.
//   - Lists: the order, cursors with two halves and the first page forever if one is missing, each known end of a list, an
//     index that lags behind.
//   - Limits: requests in any window of ten seconds and a day, for each location, with the real headers.
//   - OAuth: codes, refresh tokens that are good once, tokens of agencies and locations.
//
// What nobody has recorded of the API is a choice in [Behavior], and is marked as not known there.
//
// Every request and every answer is checked against api/contacts.yaml: a request that the document forbids is answered with
// the API's 422, and an answer of the fake that the document forbids fails the test.
//
// [Server.Fail] makes things go wrong: answers of any kind, delays, connections that are reset before or after a write was
// carried out, bodies that are cut short or never end, members of another type.
//
// Tests that need control of time use [Server.Advance], or [WithoutSocket] in a testing/synctest bubble. Programs use [Start]
// instead of [NewServer]; client/cmd/fakehighlevel is one.
package clienttest
