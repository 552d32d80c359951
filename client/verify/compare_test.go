package verify

import (
	"testing"
	"unicode"
)

// The order of the digits in package unicode determines their values.
func TestFoldRune_DigitsOfEveryScript(t *testing.T) {
	t.Parallel()
	scripts := 0
	for r, want := rune(0), '0'; r <= unicode.MaxRune; r++ {
		if !unicode.IsDigit(r) {
			if want != '0' {
				t.Fatalf("%U: got no digit, want one that is %c", r, want)
			}
			continue
		}
		if got := foldRune(r); got != want {
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
		if got := foldRune(full); got != want {
			t.Errorf("%c: got %c, want %c", full, got, want)
		}
	}
}
