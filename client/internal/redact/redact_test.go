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

// private lists spellings of private values: email addresses, phone numbers, and tokens and queries.
var private = []string{
	"jane@example.com", "jane+crm@example.com", "niamh.o'brien@example.ie", "niamh.o’brien@example.ie", "JANE@EXAMPLE.COM",
	"jane%40example.com", "jane%2540example.com", `jane\u0040example.com`, `jane\\u0040example.com`, "jane%u0040example.com",
	`jane\x40example.com`, "jane&#64;example.com", "jane&#x40;example.com", "jane&commat;example.com",
	"jane&amp;#64;example.com", "jane&#64example.com", "jane＠example.com", "jane﹫example.com", "ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ",
	"<jane@example.com>", "&lt;jane@example.com&gt;", "'jane@example.com'", `{"email":"jane@example.com"}`,
	`{\"email\":\"jane@example.com\"}`, "mailto:jane@example.com?subject=hello", `"jane doe"@example.com`,
	"jane!#$%&*/=?^_{|}~x@example.com", "jane(work)@example.com", "jane@exämple.de", "josé@example.com",
	"jos\xe9e@example.com", "jane@xn--exmple-cua.de", "jane@[192.0.2.1]", "jane@localhost", "jane @ example.com",
	"jane@\nexample.com", "jane\u200b@example.com", "jane(at)example.com", "jane at example dot com", "jane [at] example [dot] com",
	"https://jane:hunter2@db.example.com/x",

	"+15551234567", "5551234567", "555-1234", "5551234", "(555) 123-4567", "+1 (555) 123-4567", "555-123-4567", "555.123.4567",
	"06.12.34.56.78", "+33.6.12.34.56.78", "06 12 34 56 78", "06 12.34.56.78", "0171/1234567", `0171\/1234567`,
	"+49 (0) 171 1234567", "0049 30 123456", "555\u00a0123\u00a04567", "555\xa0123\xa04567", "555&nbsp;123&nbsp;4567",
	"555%C2%A0123%C2%A04567", "555\u202f123\u20094567", `555\t123\t4567`, "555\n123\r\n4567", `a\n555\n123\n4567`,
	"%2B1%20555%20123%204567", `\u002b15551234567`, `\u0035\u0035\u00351234567`, "５５５１２３４５６７", "٠٥٥١٢٣٤٥٦٧", "555‑123‑4567",
	"555 – 123 – 4567", "555·123·4567", "555_123_4567", "555\u200b123\u200b4567", "+41 79'123'45'67", "[+1] [555] 123-4567",
	"555*123*4567", "+1-(555)-123-4567", "%28555%29%20123%2D4567", "+1&nbsp;(555)&nbsp;123&#8209;4567", "5 5 5 1 2 3 4 5 6 7",
	"0171 / 123 45 67", "phone=%2B15551234567&x=1", "5551234567x89", "555-123-4567 ext. 89", "tel:+1-555-123-4567;ext=89",
	"tel555-123-4567", "phone5551234567", "lead5551234567", "myphone10x5551234567", "422 +1 555 123 4567",
	"2026-11-24 5551234567", "555 123 4567 ms",

	pit, `a\n` + pit, strings.ToUpper(pit), jwt, "token" + jwt, "Bearer abc.def-123", "authorization: bearer abc123",
	"Bearer%20abc123", "Basic amFuZTpodW50ZXIy", `{"access_token":"a1b2c3"}`, `{\"refresh_token\":\"a1b2c3\"}`,
	"client_secret=a1b2c3&x=y", "f3a9c1d2e4b5a6978800f3a9c1d2e4b5a6978800", "https://host/contacts?query=jane&limit=1",
	"/contacts%3Fquery%3Djane", "/contacts?jane",
	"pit-1234", "eyJhbGciOiJIUzI1NiJ9", "name=jane", "qwertzuiopasdfghjklyxcvbnmqwertz",
}

func TestMessage_Private(t *testing.T) {
	t.Parallel()
	for _, value := range private {
		for _, around := range [][2]string{{"", ""}, {"error: ", " is taken"}, {"(", ")"}, {`{"message":"`, `"}`}, {"[", "],"}} {
			if got := redact.Message(around[0] + value + around[1]); got != redact.Withheld {
				t.Errorf("got %q, want it withheld", got)
			}
		}
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
	"GET /contacts/0f8fad5b-d9cb-469f-a165-708677289501/2026-11-24", "100 requests per 10000 ms", "got 429, want 200", "error 123456", "502 from 10.0.0.1", "(2001:db8::ff00:42:8329)", "x < y > z", redact.Withheld, redact.Mask,
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

// TestMessage_Secrets has a secret that no pattern recognizes, and secrets that are too short.
func TestMessage_Secrets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"a-opaque/token-b": redact.Withheld, "Invalid JWT": "Invalid JWT"} {
		if got := redact.Message(text, "lid", "", "opaque/token"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
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
	secrets := []string{"abcdefgh", "abcdefghij", "ABCDEFG", "a", "", `a/b+c d&e`}
	for text, want := range map[string]string{
		"a jane@example.com\n": "a jane@example.com\n",
		"\tuse abcdefgh.\n":    "\tuse [redacted].\n",
		"abcdefghabcdefgh":     "[redacted][redacted]",
		"ABCDEFG":              "ABCDEFG", // too short
		"abcdefghij":           "[redacted]",
		"x=a%2Fb%2Bc+d%26e":    "x=[redacted]", // in a query
		"/a%2Fb+c%20d&e/":      "/[redacted]/", // in a path
	} {
		if got := redact.Secrets(text, secrets...); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
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
