// Package clienttest is a fake HighLevel API for tests. It is an in-memory server that implements
// the seven contact operations and OAuth, and reproduces the quirks of the real API.
//
// A test starts a server and calls it with [Server.Client], or with any other client at
// [Server.URL]:
//
//	func TestSync(t *testing.T) {
//		hl := clienttest.NewServer(t)
//		hl.Seed(client.Contact{FirstName: "Ada", Email: "ada@example.com"})
//		sync(hl.Client())
//		// check hl.Contacts(), hl.Requests(), or what changed since a hl.Snapshot()
//	}
//
// The fake reproduces:
//   - The order of checks: version, token, user type and scope, location, rate limit, request.
//   - Shapes: lists have nulls and names in lower case, a get leaves out missing values, "not
//     found" is a 400.
//   - Rules: duplicates by the location's setting, which contact an upsert matches and which values
//     it ignores, tags that are replaced, channels that are merged, custom fields that are dropped
//     silently, phone numbers in E.164.
//   - Lists: the order, cursors with two halves and the first page forever if one is missing, every
//     known end of a list, an index that lags behind.
//   - Rate limits: requests in any window of ten seconds and per day, for each location, with the
//     real headers.
//   - OAuth: the consent page, codes, refresh tokens that can be used once, tokens of agencies and
//     locations.
//
// [Behavior] selects between alternatives where the API has been seen to use several, or where its
// behavior is not known.
//
// Requests and responses are validated against api/contacts.yaml: a request that violates it is
// rejected with the API's 422, and a response of the fake that violates it fails the test.
//
// [Server.Fail] injects faults: error responses, delays, connections that are reset before or after
// a write was applied, bodies that are cut or never end, properties of another type.
//
// Tests that control time use [Server.Advance], or [WithoutSocket] in a testing/synctest bubble.
// Programs use [Start] instead of [NewServer]; client/cmd/fakehighlevel is one. A server is meant
// for up to 100,000 contacts, which take about 300 MB.
package clienttest
