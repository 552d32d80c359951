package phone_test

import (
	"slices"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/internal/phone"
)

func TestDigits(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"":                          "",
		"none":                      "",
		"+1 (415) 555-0100":         "14155550100",
		"tel:+1-415-555-0100;ext=5": "14155550100",
		"415 555 0100 ext. 5":       "4155550100",
		"415 555 0100x5":            "4155550100",
		"415 555 0100 доб. 5":       "4155550100",
		"+14155550100#5":            "14155550100",
		"+14155550100,,5":           "14155550100",
		"＋１４１５５５５０１００＃５":               "14155550100",
		"+١٤١٥٥٥٥٠١٠٠":                 "14155550100",
		"\u00a0415\u2013555\u20130100": "4155550100",
	} {
		if got := phone.Digits(number); got != want {
			t.Errorf("%q: got %q, want %q", number, got, want)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, a, b string
		want       bool
	}{
		{"punctuation", "+1 415 555 0100", "+14155550100", true},
		{"national", "(415) 555-0100", "+14155550100", true},
		{"local", "555-0100", "+14155550100", true},
		{"trunk prefix", "030 901820", "+4930901820", true},
		{"trunk prefix and fewer than seven digits", "030 1234", "+49301234", true},
		{"fewer than seven digits", "12345", "+4912345", true},
		{"three digits", "911", "0911", true},
		{"four digits", "4002", "+6834002", true},
		{"international prefix", "0049 12345", "12345", true},
		{"extension", "+1 415 555 0100 ext. 5", "(415) 555-0100 #7", true},
		{"short with an extension", "12345x6", "012345", true},
		{"other script", "٤١٥٥٥٥٠١٠٠", "+14155550100", true},
		{"other number", "+14155550100", "+14155550101", false},
		{"other number with the same last four digits", "+14155550100", "+14155560100", false},
		{"long number that ends like a short one", "12345", "+14155512345", false},
		{"none", "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := phone.Keys(tt.a), phone.Keys(tt.b)
			got := slices.ContainsFunc(a, func(key string) bool { return slices.Contains(b, key) })
			if got != tt.want {
				t.Errorf("got %q and %q, want a shared key: %v", a, b, tt.want)
			}
		})
	}
}
