package ascii_test

import (
	"testing"
	"unicode"

	"github.com/highlevel-contacts/contacts-go/client/internal/ascii"
)

// TestFold folds the decimal digits of every script, and full-width characters.
func TestFold(t *testing.T) {
	t.Parallel()
	scripts := 0
	for r, want := rune(0), '0'; r <= unicode.MaxRune; r++ {
		if !unicode.IsDigit(r) {
			if want != '0' {
				t.Fatalf("%U: got no digit, want one that is %c", r, want)
			}
			continue
		}
		if got := ascii.Fold(r); got != want {
			t.Errorf("%U: got %c, want %c", r, got, want)
		}
		if want++; want > '9' {
			want = '0'
			scripts++
		}
	}
	if scripts < 50 {
		t.Errorf("got %d sets of digits, want those of all scripts", scripts)
	}
	for full, want := range map[rune]rune{'＋': '+', '（': '(', '＃': '#', 'ｘ': 'x', '　': ' ', 'é': 'é', 'x': 'x'} {
		if got := ascii.Fold(full); got != want {
			t.Errorf("%c: got %c, want %c", full, got, want)
		}
	}
}
