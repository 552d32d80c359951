package redact_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

const (
	jwt       = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	pit       = "pit-0f8fad5b-d9cb-469f-a165-70867728950e"
	contactID = "ocQHyuzHvysMo5N5VsXc"
)

// private lists spellings of private values.
var private = []struct{ name, value string }{
	{"plain email", "jane@example.com"},
	{"email with a plus", "jane+crm@example.com"},
	{"email with dots", "jane.van.doe@mail.example.co.uk"},
	{"email with an apostrophe", "niamh.o'brien@example.ie"},
	{"email with a typographic apostrophe", "niamh.o’brien@example.ie"},
	{"email in upper case", "JANE@EXAMPLE.COM"},
	{"email, percent-encoded", "jane%40example.com"},
	{"email, percent-encoded twice", "jane%2540example.com"},
	{"email, JSON-escaped", `jane\u0040example.com`},
	{"email, JSON-escaped twice", `jane\\u0040example.com`},
	{"email, percent-u escape", "jane%u0040example.com"},
	{"email, hexadecimal escape", `jane\x40example.com`},
	{"email, decimal entity", "jane&#64;example.com"},
	{"email, hexadecimal entity", "jane&#x40;example.com"},
	{"email, named entity", "jane&commat;example.com"},
	{"email, entity encoded twice", "jane&amp;#64;example.com"},
	{"email, entity without semicolon", "jane&#64example.com"},
	{"email, full-width at sign", "jane＠example.com"},
	{"email, small at sign", "jane﹫example.com"},
	{"email, full-width letters", "ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ"},
	{"email in angle brackets", "<jane@example.com>"},
	{"email in escaped angle brackets", "&lt;jane@example.com&gt;"},
	{"email in single quotes", "'jane@example.com'"},
	{"email in JSON", `{"email":"jane@example.com"}`},
	{"email in escaped JSON", `{\"email\":\"jane@example.com\"}`},
	{"mailto link", "mailto:jane@example.com?subject=hello"},
	{"quoted local part", `"jane doe"@example.com`},
	{"local part with symbols", "jane!#$%&*/=?^_{|}~x@example.com"},
	{"local part with a comment", "jane(work)@example.com"},
	{"international domain", "jane@exämple.de"},
	{"international local part", "josé@example.com"},
	{"local part in Latin-1", "jos\xe9e@example.com"},
	{"Punycode domain", "jane@xn--exmple-cua.de"},
	{"address literal", "jane@[192.0.2.1]"},
	{"domain without a dot", "jane@localhost"},
	{"email with spaces", "jane @ example.com"},
	{"email over two lines", "jane@\nexample.com"},
	{"email with a zero width space", "jane\u200b@example.com"},
	{"email with (at)", "jane(at)example.com"},
	{"email with [at] and [dot]", "jane [at] example [dot] com"},
	{"user in a URL", "https://jane:hunter2@db.example.com/x"},
	{"two emails", "jane@example.com,joe@example.org"},

	{"E.164", "+15551234567"},
	{"digits only", "5551234567"},
	{"local number", "555-1234"},
	{"local number, digits only", "5551234"},
	{"North American", "(555) 123-4567"},
	{"North American without space", "(555)123-4567"},
	{"North American with country code", "+1 (555) 123-4567"},
	{"with dashes", "555-123-4567"},
	{"with dots", "555.123.4567"},
	{"with dots and country code", "1.555.123.4567"},
	{"French with dots", "06.12.34.56.78"},
	{"French with dots and country code", "+33.6.12.34.56.78"},
	{"French with spaces", "06 12 34 56 78"},
	{"French with mixed separators", "06 12.34.56.78"},
	{"German with a slash", "0171/1234567"},
	{"German with an escaped slash", `0171\/1234567`},
	{"German with trunk prefix", "+49 (0) 171 1234567"},
	{"German", "+49 171 1234567"},
	{"Danish", "+45 12.34.56.78"},
	{"with international prefix", "0049 30 123456"},
	{"no-break spaces", "555\u00a0123\u00a04567"},
	{"no-break spaces in Latin-1", "555\xa0123\xa04567"},
	{"no-break spaces as entities", "555&nbsp;123&nbsp;4567"},
	{"no-break spaces, percent-encoded", "555%C2%A0123%C2%A04567"},
	{"narrow and thin spaces", "555\u202f123\u20094567"},
	{"tabs", "555\t123\t4567"},
	{"escaped tabs", `555\t123\t4567`},
	{"line breaks", "555\n123\r\n4567"},
	{"escaped line breaks", `a\n555\n123\n4567`},
	{"percent-encoded", "%2B1%20555%20123%204567"},
	{"JSON-escaped plus", `\u002b15551234567`},
	{"JSON-escaped digits", `\u0035\u0035\u00351234567`},
	{"full-width digits", "５５５１２３４５６７"},
	{"Arabic digits", "٠٥٥١٢٣٤٥٦٧"},
	{"non-breaking hyphens", "555‑123‑4567"},
	{"en dashes with spaces", "555 – 123 – 4567"},
	{"middle dots", "555·123·4567"},
	{"underscores", "555_123_4567"},
	{"zero width spaces", "555\u200b123\u200b4567"},
	{"Swiss with apostrophes", "+41 79'123'45'67"},
	{"area code in brackets", "[+1] [555] 123-4567"},
	{"asterisks", "555*123*4567"},
	{"British", "+44 20 7946 0958"},
	{"area code in parentheses", "+1-(555)-123-4567"},
	{"escaped parentheses", "%28555%29%20123%2D4567"},
	{"entities", "+1&nbsp;(555)&nbsp;123&#8209;4567"},
	{"digits apart", "5 5 5 1 2 3 4 5 6 7"},
	{"spaced slash", "0171 / 123 45 67"},
	{"in a form", "phone=%2B15551234567&x=1"},
	{"extension", "5551234567x89"},
	{"extension in words", "555-123-4567 ext. 89"},
	{"tel link", "tel:+1-555-123-4567;ext=89"},
	{"tel link without colon", "tel555-123-4567"},
	{"in quotes", `"5551234567"`},
	{"in brackets", "[5551234567]"},
	{"part of a word", "phone5551234567"},
	{"part of an unknown word", "lead5551234567"},
	{"part of a word of 20 characters", "myphone10x5551234567"},
	{"after a status", "422 +1 555 123 4567"},
	{"after a date", "2026-11-24 5551234567"},
	{"before a unit", "555 123 4567 ms"},

	{"private integration token", pit},
	{"private integration token after a line break", `a\n` + pit},
	{"private integration token in upper case", strings.ToUpper(pit)},
	{"JSON Web Token", jwt},
	{"JSON Web Token in a word", "token" + jwt},
	{"bearer token", "Bearer abc.def-123"},
	{"bearer token in lower case", "authorization: bearer abc123"},
	{"bearer token, percent-encoded", "Bearer%20abc123"},
	{"basic credentials", "Basic amFuZTpodW50ZXIy"},
	{"token in JSON", `{"access_token":"a1b2c3"}`},
	{"token in escaped JSON", `{\"refresh_token\":\"a1b2c3\"}`},
	{"token in a form", "client_secret=a1b2c3&x=y"},
	{"long opaque token", "f3a9c1d2e4b5a6978800f3a9c1d2e4b5a6978800"},
	{"opaque token of 32 letters", "qwertzuiopasdfghjklyxcvbnmqwertz"},
	{"query string", "https://host/contacts?query=jane&limit=1"},
	{"query string, percent-encoded", "/contacts%3Fquery%3Djane"},
	{"query without a name", "/contacts?jane"},
}

func TestMessage_Private(t *testing.T) {
	t.Parallel()
	for _, test := range private {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, around := range [][2]string{{"", ""}, {"error: ", " is taken"}, {"(", ")"}, {`{"message":"`, `"}`}, {"[", "],"}} {
				if got := redact.Message(around[0] + test.value + around[1]); got != redact.Withheld {
					t.Errorf("got %q, want it withheld", got)
				}
			}
		})
	}
}

// readable lists messages without private values.
var readable = []string{
	"", "invalid request", "Contact with id " + contactID + " not found", "Contact not found for id:" + contactID, "/contacts/" + contactID + "/tags",
	"Cannot GET /proxy/v1/contacts/" + contactID, "property gender should not exist", "email must be an email; phone must be a valid phone number",
	"This location does not allow duplicated contacts.", "Contacts without email, phone, firstName and lastName are not allowed.",
	"Pass at least one of number, email query parameter", "Invalid country calling code", "Invalid API version segment 'bogus' at position 0",
	"This authClass type is not allowed to access this scope.  Please verify your IAM configuration if this is not the case.",
	"Invalid JWT", "Invalid token: access token is invalid", "No Authorization header found for authentication!", "Bearer token is missing",
	"The token does not have access to this location.", "invalid_grant: refresh token is invalid", "unsupported_grant_type: authorization_code",
	"Unexpected token < in JSON at position 0", `7; {"property":"email"}`, "a\uFFFDb", "Müller, 東京, Ελλάδα", "Did you mean phone?",
	"date 2026-11-24", "Version 2021-07-28", "400 2026-11-24", "from 2026-11-24T11:39:03Z to 2026-11-24T11:39:03.123456789+02:00.",
	"trace 0f8fad5b-d9cb-469f-a165-708677289501", "8c2d1e9f0a1b2c3d-FRA", "8720156789012345-AMS", "customFields[12].value[3]",
	"GET /contacts/0f8fad5b-d9cb-469f-a165-708677289501/2026-11-24", "100 requests per 10000 ms", "got 429, want 200", "502 from 10.0.0.1", "(2001:db8::ff00:42:8329)", "x < y > z", redact.Withheld, redact.Mask,
}

func TestMessage_Readable(t *testing.T) {
	t.Parallel()
	for _, text := range readable {
		if got := redact.Message(text); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
}

func TestMessage_OneShortLine(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"two\nlines", "a tab\t", "a no-break\u00a0space", "an invisible\u200bspace", "control\x00", "invalid \xff", "<html>", "<b>no</b>", strings.Repeat("long ", 41),
	} {
		if got := redact.Message(text); got != redact.Withheld {
			t.Errorf("got %q, want it withheld", got)
		}
	}
}

func TestMessage_Secrets(t *testing.T) {
	t.Parallel()
	const secret = "opaque/token"
	for _, text := range []string{secret, "got " + secret + ".", "a-" + secret + "-b", "opaque%2Ftoken"} {
		if got := redact.Message(text, "other secret", secret); got != redact.Withheld {
			t.Errorf("got %q, want it withheld", got)
		}
	}
	if got, want := redact.Message("Invalid JWT", "a", "lid", ""), "Invalid JWT"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestValue(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"/contacts/" + contactID: "/contacts/" + contactID, "t-1": "t-1", "8c2d1e9f0a1b2c3d-FRA": "8c2d1e9f0a1b2c3d-FRA", "application/json": "application/json",
		"/users/jane@example.com": redact.Mask, "/phones/+15551234567": redact.Mask, "/contacts/?query": redact.Mask, "/tokens/opaque-secret": redact.Mask,
	} {
		if got := redact.Value(text, "opaque-secret"); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	const secret = `a/b+c d&e`
	for _, test := range []struct {
		name, text, want string
		secrets          []string
	}{
		{name: "no secrets", text: "a jane@example.com\n", want: "a jane@example.com\n"},
		{name: "plain", text: "\tuse abcdefgh.\n", secrets: []string{"abcdefgh"}, want: "\tuse [redacted].\n"},
		{name: "repeated", text: "abcdefghabcdefgh", secrets: []string{"abcdefgh"}, want: "[redacted][redacted]"},
		{name: "short", text: "abcdefg", secrets: []string{"abcdefg", "a", ""}, want: "abcdefg"},
		{name: "beginning of another", text: "abcdefghij", secrets: []string{"abcdefgh", "abcdefghij"}, want: "[redacted]"},
		{name: "in a query", text: "x=a%2Fb%2Bc+d%26e", secrets: []string{secret}, want: "x=[redacted]"},
		{name: "in a path", text: "/a%2Fb+c%20d&e/", secrets: []string{secret}, want: "/[redacted]/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := redact.Secrets(test.text, test.secrets...); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestLocal(t *testing.T) {
	t.Parallel()
	const secret = "opaque-secret"
	for text, want := range map[string]string{
		"open /var/lib/contacts/12345678.json: permission denied":               "",
		"dial tcp 127.0.0.1:8080: connect: connection refused":                  "",
		"read tcp 10.0.0.1:54321->192.168.1.20:443: connection reset by peer":   "",
		"lookup api.example on 127.0.0.53:53: no such host":                     "",
		"certificate has expired: current time 2026-11-24T11:39:03Z is after 7": "",
		`unsupported protocol scheme "ftp"`:                                     "",
		"no route to https://api.example:8443/contacts/a?email=jane":            "no route to https://api.example:8443",
		`parse "https://jane:hunter2@api.example/a?b": no`:                      `parse "https://api.example": no`,
		`failed to parse Location header "http://[::1?query=Jane": parse`:       `failed to parse Location header "http://[::1": parse`,
		`failed to parse Location header "/a?query=Jane%zz": parse`:             `failed to parse Location header "/a": parse`,
		`malformed HTTP response "{\"email\":\"Jane\"}"`:                        "malformed HTTP response",
		"malformed MIME header line: Jane: Doe":                                 "malformed MIME header line",
		"proxy refused " + secret + ", " + pit + ", " + jwt + ", jane@doe":      "proxy refused [redacted], [redacted], [redacted], [redacted]",
		"two\nlines\x00": "two lines ",
	} {
		if want == "" {
			want = text
		}
		for _, err := range []error{errors.New(text), &url.Error{Op: "Get", URL: "https://api.example/a?email=jane", Err: errors.New(text)}} {
			if got := redact.Local(err, secret); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
}

// FuzzMessage inserts a private value into a message, which is then withheld. Without it, the
// message is either withheld or unchanged.
func FuzzMessage(f *testing.F) {
	f.Add("email ", " is taken")
	f.Add("2026-11-24", "ms")
	f.Add("1.2.3.", ".4")
	f.Add(`{"a":"`, `"}`)
	f.Fuzz(func(t *testing.T, before, after string) {
		if got := redact.Message(before + after); got != before+after && got != redact.Withheld {
			t.Errorf("got %q", got)
		}
		for _, value := range []string{"jane@example.com", "jane%40example.com", "+18885552368", "(888) 555-2368", "06.88.55.52.36", pit, jwt, "?query=jane"} {
			if got := redact.Message(before + " " + value + " " + after); got != redact.Withheld {
				t.Errorf("got %q", got)
			}
		}
	})
}
