// Package ascii replaces characters that have an ASCII form.
package ascii

import "unicode"

// Fold returns the ASCII form of a full-width character or of a decimal digit of any script, and
// any other character unchanged.
func Fold(r rune) rune {
	const firstFullWidth, lastFullWidth, ideographicSpace = '！', '～', '\u3000'
	switch {
	case r <= unicode.MaxASCII:
		return r
	case r >= firstFullWidth && r <= lastFullWidth: // in the order of ASCII
		return r - firstFullWidth + '!'
	case r == ideographicSpace:
		return ' '
	case unicode.IsDigit(r):
		zero := r
		for unicode.IsDigit(zero - 1) {
			zero--
		}
		return '0' + (r-zero)%10 // Unicode encodes the digits of a script as ten consecutive characters, beginning with zero
	}
	return r
}
