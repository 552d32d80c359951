package redact_test

import (
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

const (
	jwt       = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	pit       = "pit-0f8fad5b-d9cb-469f-a165-70867728950e"
	contactID = "ocQHyuzHvysMo5N5VsXc"
)

// private lists spellings of a private value, and its fragments that must not remain.
var private = []struct {
	name      string
	value     string
	fragments []string
}{
	{"plain email", "jane@example.com", []string{"jane", "example"}},
	{"email with a plus", "jane+crm@example.com", []string{"jane", "crm", "example"}},
	{"email with dots", "jane.van.doe@mail.example.co.uk", []string{"jane", "doe", "example"}},
	{"email with an apostrophe", "niamh.o'brien@example.ie", []string{"niamh", "brien", "example"}},
	{"email with a typographic apostrophe", "niamh.o’brien@example.ie", []string{"niamh", "brien", "example"}},
	{"email in upper case", "JANE@EXAMPLE.COM", []string{"JANE", "EXAMPLE"}},
	{"email, percent-encoded", "jane%40example.com", []string{"jane", "example"}},
	{"email, percent-encoded twice", "jane%2540example.com", []string{"jane", "example"}},
	{"email, JSON-escaped", `jane\u0040example.com`, []string{"jane", "example"}},
	{"email, JSON-escaped twice", `jane\\u0040example.com`, []string{"jane", "example"}},
	{"email, percent-u escape", "jane%u0040example.com", []string{"jane", "example"}},
	{"email, hexadecimal escape", `jane\x40example.com`, []string{"jane", "example"}},
	{"email, decimal entity", "jane&#64;example.com", []string{"jane", "example"}},
	{"email, hexadecimal entity", "jane&#x40;example.com", []string{"jane", "example"}},
	{"email, named entity", "jane&commat;example.com", []string{"jane", "example"}},
	{"email, entity encoded twice", "jane&amp;#64;example.com", []string{"jane", "example"}},
	{"email, entity without semicolon", "jane&#64example.com", []string{"jane", "example"}},
	{"email, full-width at sign", "jane＠example.com", []string{"jane", "example"}},
	{"email, small at sign", "jane﹫example.com", []string{"jane", "example"}},
	{"email, full-width letters", "ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", []string{"jane", "example", "ｊａｎｅ"}},
	{"email in angle brackets", "<jane@example.com>", []string{"jane", "example"}},
	{"email in escaped angle brackets", "&lt;jane@example.com&gt;", []string{"jane", "example"}},
	{"email in single quotes", "'jane@example.com'", []string{"jane", "example"}},
	{"email in JSON", `{"email":"jane@example.com"}`, []string{"jane", "example"}},
	{"email in escaped JSON", `{\"email\":\"jane@example.com\"}`, []string{"jane", "example"}},
	{"mailto link", "mailto:jane@example.com?subject=hello", []string{"jane", "example", "hello"}},
	{"quoted local part", `"jane doe"@example.com`, []string{"jane", "doe", "example"}},
	{"local part with symbols", "jane!#$%&*/=?^_{|}~x@example.com", []string{"jane", "example"}},
	{"local part with a comment", "jane(work)@example.com", []string{"jane", "work", "example"}},
	{"international domain", "jane@exämple.de", []string{"jane", "mple"}},
	{"international local part", "josé@example.com", []string{"jos", "example"}},
	{"local part in Latin-1", "jos\xe9e@example.com", []string{"jos", "example"}},
	{"Punycode domain", "jane@xn--exmple-cua.de", []string{"jane", "exmple"}},
	{"address literal", "jane@[192.0.2.1]", []string{"jane", "192"}},
	{"domain without a dot", "jane@localhost", []string{"jane"}},
	{"email with spaces", "jane @ example.com", []string{"jane", "example"}},
	{"email over two lines", "jane@\nexample.com", []string{"jane", "example"}},
	{"email with a zero width space", "jane\u200b@example.com", []string{"jane", "example"}},
	{"email with (at)", "jane(at)example.com", []string{"jane", "example"}},
	{"email with [at] and [dot]", "jane [at] example [dot] com", []string{"jane", "example"}},
	{"user in a URL", "https://jane:hunter2@db.example.com/x", []string{"jane", "hunter"}},
	{"two emails", "jane@example.com,joe@example.org", []string{"jane", "joe", "example"}},

	{"E.164", "+15551234567", []string{"555", "4567"}},
	{"digits only", "5551234567", []string{"555", "4567"}},
	{"local number", "555-1234", []string{"555", "1234"}},
	{"local number, digits only", "5551234", []string{"555", "1234"}},
	{"North American", "(555) 123-4567", []string{"555", "123", "4567"}},
	{"North American without space", "(555)123-4567", []string{"555", "123", "4567"}},
	{"North American with country code", "+1 (555) 123-4567", []string{"555", "123", "4567"}},
	{"with dashes", "555-123-4567", []string{"555", "123", "4567"}},
	{"with dots", "555.123.4567", []string{"555", "123", "4567"}},
	{"with dots and country code", "1.555.123.4567", []string{"555", "123", "4567"}},
	{"French with dots", "06.12.34.56.78", []string{"06", "12", "34", "56", "78"}},
	{"French with dots and country code", "+33.6.12.34.56.78", []string{"33", "12", "34", "56", "78"}},
	{"French with spaces", "06 12 34 56 78", []string{"06", "12", "34", "56", "78"}},
	{"French with mixed separators", "06 12.34.56.78", []string{"06", "12", "34", "56", "78"}},
	{"German with a slash", "0171/1234567", []string{"0171", "1234567"}},
	{"German with an escaped slash", `0171\/1234567`, []string{"0171", "1234567"}},
	{"German with trunk prefix", "+49 (0) 171 1234567", []string{"49", "171", "1234567"}},
	{"German", "+49 171 1234567", []string{"49", "171", "1234567"}},
	{"Danish", "+45 12.34.56.78", []string{"45", "12", "34", "56", "78"}},
	{"with international prefix", "0049 30 123456", []string{"0049", "123456"}},
	{"no-break spaces", "555\u00a0123\u00a04567", []string{"555", "123", "4567"}},
	{"no-break spaces in Latin-1", "555\xa0123\xa04567", []string{"555", "123", "4567"}},
	{"no-break spaces as entities", "555&nbsp;123&nbsp;4567", []string{"555", "123", "4567"}},
	{"no-break spaces, percent-encoded", "555%C2%A0123%C2%A04567", []string{"555", "123", "4567"}},
	{"narrow and thin spaces", "555\u202f123\u20094567", []string{"555", "123", "4567"}},
	{"tabs", "555\t123\t4567", []string{"555", "123", "4567"}},
	{"escaped tabs", `555\t123\t4567`, []string{"555", "123", "4567"}},
	{"line breaks", "555\n123\r\n4567", []string{"555", "123", "4567"}},
	{"escaped line breaks", `a\n555\n123\n4567`, []string{"555", "123", "4567"}},
	{"percent-encoded", "%2B1%20555%20123%204567", []string{"555", "123", "4567"}},
	{"JSON-escaped plus", `\u002b15551234567`, []string{"555", "4567"}},
	{"JSON-escaped digits", `\u0035\u0035\u00351234567`, []string{"555", "4567"}},
	{"full-width digits", "５５５１２３４５６７", []string{"555", "５５５"}},
	{"Arabic digits", "٠٥٥١٢٣٤٥٦٧", []string{"0551", "٠٥٥"}},
	{"non-breaking hyphens", "555‑123‑4567", []string{"555", "123", "4567"}},
	{"en dashes with spaces", "555 – 123 – 4567", []string{"555", "123", "4567"}},
	{"middle dots", "555·123·4567", []string{"555", "123", "4567"}},
	{"underscores", "555_123_4567", []string{"555", "123", "4567"}},
	{"zero width spaces", "555\u200b123\u200b4567", []string{"555", "123", "4567"}},
	{"Swiss with apostrophes", "+41 79'123'45'67", []string{"79", "123", "45", "67"}},
	{"area code in brackets", "[+1] [555] 123-4567", []string{"555", "123", "4567"}},
	{"asterisks", "555*123*4567", []string{"555", "123", "4567"}},
	{"British", "+44 20 7946 0958", []string{"7946", "0958"}},
	{"area code in parentheses", "+1-(555)-123-4567", []string{"555", "123", "4567"}},
	{"escaped parentheses", "%28555%29%20123%2D4567", []string{"555", "123", "4567"}},
	{"entities", "+1&nbsp;(555)&nbsp;123&#8209;4567", []string{"555", "123", "4567"}},
	{"digits apart", "5 5 5 1 2 3 4 5 6 7", []string{"5 5", "6 7"}},
	{"spaced slash", "0171 / 123 45 67", []string{"0171", "123", "45", "67"}},
	{"in a form", "phone=%2B15551234567&x=1", []string{"555", "4567"}},
	{"extension", "5551234567x89", []string{"555", "4567", "89"}},
	{"extension in words", "555-123-4567 ext. 89", []string{"555", "4567", "89"}},
	{"tel link", "tel:+1-555-123-4567;ext=89", []string{"555", "4567", "89"}},
	{"tel link without colon", "tel555-123-4567", []string{"555", "4567"}},
	{"in quotes", `"5551234567"`, []string{"555", "4567"}},
	{"in brackets", "[5551234567]", []string{"555", "4567"}},
	{"part of a word", "phone5551234567", []string{"555", "4567"}},
	{"part of an unknown word", "lead5551234567", []string{"555", "4567"}},
	{"part of a word of 20 characters", "myphone10x5551234567", []string{"5551234567"}},
	{"after a status", "422 +1 555 123 4567", []string{"555", "4567"}},
	{"after a date", "2026-11-24 5551234567", []string{"555", "4567"}},
	{"before a unit", "555 123 4567 ms", []string{"555", "4567"}},

	{"private integration token", pit, []string{"0f8fad5b", "pit-"}},
	{"private integration token after a line break", `a\n` + pit, []string{"0f8fad5b"}},
	{"private integration token in upper case", strings.ToUpper(pit), []string{"0F8FAD5B"}},
	{"JSON Web Token", jwt, []string{"eyJ", "dBjft"}},
	{"JSON Web Token in a word", "token" + jwt, []string{"eyJ", "dBjft"}},
	{"bearer token", "Bearer abc.def-123", []string{"abc", "123"}},
	{"bearer token in lower case", "authorization: bearer abc123", []string{"abc"}},
	{"bearer token, percent-encoded", "Bearer%20abc123", []string{"abc"}},
	{"basic credentials", "Basic amFuZTpodW50ZXIy", []string{"amFu"}},
	{"token in JSON", `{"access_token":"a1b2c3"}`, []string{"a1b2"}},
	{"token in escaped JSON", `{\"refresh_token\":\"a1b2c3\"}`, []string{"a1b2"}},
	{"token in a form", "client_secret=a1b2c3&x=y", []string{"a1b2"}},
	{"long opaque token", "f3a9c1d2e4b5a6978800f3a9c1d2e4b5a6978800", []string{"f3a9", "8800"}},
	{"query string", "https://host/contacts?query=jane&limit=1", []string{"jane", "limit"}},
	{"query string, percent-encoded", "/contacts%3Fquery%3Djane", []string{"jane"}},
	{"query without a name", "/contacts?jane", []string{"jane"}},
}

func TestText_Private(t *testing.T) {
	for _, test := range private {
		t.Run(test.name, func(t *testing.T) {
			for _, around := range [][2]string{{"", ""}, {"error: ", " is taken"}, {"(", ")"}, {`{"message":"`, `"}`}, {"<p>", "</p>"}} {
				got := redact.Text(around[0] + test.value + around[1])
				for _, fragment := range test.fragments {
					if strings.Contains(got, fragment) {
						t.Errorf("got %q, which contains %q", got, fragment)
					}
				}
				if !strings.Contains(got, redact.Mask) {
					t.Errorf("got %q, want it to contain %s", got, redact.Mask)
				}
				if again := redact.Text(got); again != got {
					t.Errorf("got %q the second time, want %q", again, got)
				}
			}
		})
	}
}

// readable lists texts without private parts, which must remain unchanged.
var readable = []string{
	"", "invalid request", "Contact with id " + contactID + " not found", "/contacts/" + contactID + "/tags",
	"Contact with id doesNotExist12345678 not found", "business 641c094001436dbc2081e642", "/v1/12345678abcdefghijkl",
	"property gender should not exist", "email must be an email; phone must be a valid phone number",
	"This location does not allow duplicated contacts.", "Invalid JWT", "Invalid token: access token is invalid",
	"No Authorization header found for authentication!", "Missing bearer token", "Bearer token is missing",
	"Bearer realm=", "basic authentication is not supported", "The token does not have access to this location.",
	"Invalid client: client is invalid", "invalid_grant: refresh token is invalid", "unsupported_grant_type: authorization_code",
	"date 2026-11-24", "date 2026/11/24", "date 24.11.2026", "date 11/24/2026", "Version 2021-07-28",
	"2026-11-24T11:39:03Z", "2026-11-24T11:39:03.123Z", "2026-11-24T11:39:03.123456789+02:00", "2026-11-24 11:39:03 +0000 UTC",
	"2026/11/24 11:39:03.123456 dial", "Tue, 24 Nov 2026 11:39:03 GMT", "400 2026-11-24", "2026-11-24 400",
	"go1.27.3", "v0.40.0", "1.26.8 404", "contacts-go/0.1.0 (go1.26.8)", "Mozilla/5.0 Chrome/126.0.6478.127",
	"v0.0.0-20220510233725-9ba8df137936", "Windows 10.0.22631",
	"trace 0f8fad5b-d9cb-469f-a165-708677289501", "trace 12345678-1234-1234-1234-123456789012", "8c2d1e9f0a1b2c3d-FRA", "8720156789012345-AMS",
	"100 requests per 10000 ms", "100 requests per 10 seconds", "200000 requests per day", "limit 200000, remaining 199512",
	"86400000 ms", "the body is larger than 10485760 bytes", "retry after 30 seconds", "got 429, want 200", "one of 200, 201, 204",
	"dial tcp 127.0.0.1:8080: connect: connection refused", "read tcp 10.0.0.1:54321->192.168.1.20:443: connection reset by peer",
	"dial tcp [2001:db8::1]:443: i/o timeout", "lookup example.com on 127.0.0.53:53: no such host", "main.go:12 +0x1d",
	"certificate has expired: current time 2026-11-24T11:39:03Z is after 2026-01-01T00:00:00Z", "customFields[12].value[3]",
	"10.0.0.0/8", "502 from 10.0.0.1", "502 10.0.0.1", "255.255.255.255", "[::1]:8080", "2001:db8::ff00:42:8329", "lookup host: no such host",
	"localhost:65535", "1m30.5s", "1.234567891s", "250ms", "2h45m0s", "took 1.5s", "attempt 2 of 3", "/var/lib/contacts/tokens.json",
	`C:\Users\tokens.json`, "open /home/user/token-store: permission denied", "unexpected EOF", "context deadline exceeded",
	"tls: failed to verify certificate: x509: certificate signed by unknown authority", "http2: server sent GOAWAY, LastStreamID=7",
	`invalid character '\x1f' looking for beginning of value`, "unexpected token: }", "Unexpected token < in JSON at position 0",
	"invalid character '<' looking for beginning of value", "json: cannot unmarshal string into Go value of type int",
	"custom field 2: set ID or Key, not both", "Did you mean phone?", "what??", "at 5 @ 10", "50% of 100%", "a & b", "x < y > z", "0.123456789",
	"[redacted]", "email [redacted] is taken", "Müller, 東京, Ελλάδα", "application/json; charset=utf-8",
}

func TestText_Readable(t *testing.T) {
	for _, text := range readable {
		if got := redact.Text(text); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
}

// TestText_Idempotent has texts for which a second call of an earlier version changed the result.
func TestText_Idempotent(t *testing.T) {
	for _, text := range []string{
		"(at)(at)(at)", "1439P03.123456 Xial", "@[1eja.\xff\xff@[1", "&#&#57&#", "&#xe2222222ecx", strings.Repeat("Bearer ", 100), "1234567 ms@example.com",
		strings.Repeat("a", 290) + " 5551234567", strings.Repeat("a", 280) + "0f8fad5b-d9cb-469f-a165-708677289501",
	} {
		got := redact.Text(text)
		if again := redact.Text(got); again != got || !isLine(got) {
			t.Errorf("got %q, then %q, want the same printable line", got, again)
		}
	}
}
