package redact_test

import (
	"fmt"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

func TestSecrets(t *testing.T) {
	const secret = `a/b+c "d"&e`
	for _, test := range []struct {
		name, text, want string
		secrets          []string
	}{
		{name: "no secrets", text: "a jane@example.com\n", want: "a jane@example.com\n"},
		{name: "plain", text: "\tuse abcdefgh.\n", secrets: []string{"abcdefgh"}, want: "\tuse [redacted].\n"},
		{name: "repeated", text: "abcdefghabcdefgh", secrets: []string{"abcdefgh"}, want: "[redacted][redacted]"},
		{name: "short", text: "abcdefg", secrets: []string{"abcdefg", "a", ""}, want: "abcdefg"},
		{name: "beginning of another", text: "abcdefghij", secrets: []string{"abcdefgh", "abcdefghij"}, want: "[redacted]"},
		{name: "in a query", text: "x=a%2Fb%2Bc+%22d%22%26e", secrets: []string{secret}, want: "x=[redacted]"},
		{name: "in a path", text: "/a%2Fb+c%20%22d%22&e/", secrets: []string{secret}, want: "/[redacted]/"},
		{name: "in JSON", text: `{"x":"a/b+c \"d\"\u0026e"}`, secrets: []string{secret}, want: `{"x":"[redacted]"}`},
		{name: "in JSON with escaped slashes", text: `{"x":"a\/b+c \"d\"\u0026e"}`, secrets: []string{secret}, want: `{"x":"[redacted]"}`},
		{name: "in HTML", text: `<p>a/b+c &#34;d&#34;&amp;e</p>`, secrets: []string{secret}, want: "<p>[redacted]</p>"},
		{name: "part of the mask", text: "redacted [redacted]", secrets: []string{"redacted"}, want: "[redacted] [redacted]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := redact.Secrets(test.text, test.secrets...)
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if again := redact.Secrets(got, test.secrets...); again != got {
				t.Errorf("got %q the second time, want %q", again, got)
			}
		})
	}
}

func TestText_Secrets(t *testing.T) {
	const secret = "opaque/token value"
	for _, text := range []string{
		"opaque/token value", "opaque%2Ftoken+value", "opaque%2ftoken%20value", `opaque\/token value`, "opaque%252Ftoken%2520value",
		"opaque&#47;token&nbsp;value", "opaque/token\n\tvalue", "ｏｐａｑｕｅ/token value", "opa\u200bque/token value",
	} {
		if got, want := redact.Text("got "+text+".", secret), "got [redacted]."; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got, want := redact.Text("Invalid JWT", "a", "lid"), "Invalid JWT"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

type sample struct{ secret string }

func (sample) Format(state fmt.State, _ rune) { redact.Format(state) }

func TestFormat(t *testing.T) {
	for _, verb := range "vstbcdoOqxXUeEfFgG" {
		if got := fmt.Sprintf("%#"+string(verb), sample{"abcdefgh"}); got != redact.Mask {
			t.Errorf("%%#%c: got %q, want %q", verb, got, redact.Mask)
		}
	}
}
