package redact_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

// isLine reports whether text is one printable line of at most 300 bytes.
func isLine(text string) bool {
	return len(text) <= 300 && utf8.ValidString(text) && text == strings.TrimSpace(text) &&
		!strings.Contains(text, "  ") && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// FuzzText checks that the result of Text is one printable line, that a second call does not change
// it, and that it never contains a secret.
func FuzzText(f *testing.F) {
	for _, test := range private {
		f.Add(test.value)
	}
	for _, text := range readable {
		f.Add(text)
	}
	for _, text := range malicious {
		f.Add(strings.Repeat(text, 100))
	}
	f.Fuzz(func(t *testing.T, text string) {
		const secret = "opaque secret"
		got := redact.Text(text, secret)
		if !isLine(got) {
			t.Errorf("got %q, want one printable line", got)
		}
		if again := redact.Text(got, secret); again != got {
			t.Errorf("got %q the second time, want %q", again, got)
		}
		if strings.Contains(got, secret) {
			t.Errorf("got %q, which contains the secret", got)
		}
	})
}

// planted are private values, and the sequences of their characters that must not remain.
var planted = []struct{ value, sequence string }{
	{"rosan@deos.example", "rosandeosexample"},
	{"niamh.o'brien@deos.example", "niamhobriendeosexample"},
	{"jane%40deos.example", "janedeosexample"},
	{"+18885552368", "8885552368"},
	{"8885552368", "8885552368"},
	{"(888) 555-2368", "8885552368"},
	{"888\u00a0555\t2368", "8885552368"},
	{"0688.55.52.36.81", "068855523681"},
	{"06.88.55.52.36", "0688555236"},
	{"0188/5552368", "01885552368"},
	{pit, "0f8fad5bd9cb469fa16570867728950e"},
	{jwt, "eyJhbGciOiJIUzI1NiJ9"},
	{"Bearer q1w2e3r4", "q1w2e3r4"},
}

// lettersAndDigits returns the letters and digits of text.
func lettersAndDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
}

// FuzzText_Planted inserts private values into a text. None of them remains.
func FuzzText_Planted(f *testing.F) {
	f.Add("email ", " is taken")
	f.Add("<", ">")
	f.Add(`{"a":"`, `"}`)
	f.Add("tel", "x89")
	f.Add("2026-11-24", "ms")
	f.Add("1.2.3.", ".4")
	f.Add("%", "%40")
	f.Add(`\u00`, `&#`)
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, plant := range planted {
			for _, space := range []string{" ", "\n", "\u00a0"} {
				got := redact.Text(before + space + plant.value + space + after)
				if strings.Contains(lettersAndDigits(got), plant.sequence) && !strings.Contains(lettersAndDigits(redact.Text(before+after)), plant.sequence) {
					t.Errorf("got %q, which contains %q", got, plant.value)
				}
			}
		}
	})
}
