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
		return '0' + digitValue(r)
	}
	return r
}

// digitValue returns the value of a decimal digit of any script. Unicode encodes each set of
// decimal digits as ten consecutive characters, beginning with zero.
func digitValue(r rune) rune {
	for _, set := range unicode.Nd.R16 {
		if lo, hi := rune(set.Lo), rune(set.Hi); lo <= r && r <= hi {
			return (r - lo) % 10
		}
	}
	for _, set := range unicode.Nd.R32 {
		if lo, hi := rune(set.Lo), rune(set.Hi); lo <= r && r <= hi { //nolint:gosec // Unicode ends at 0x10FFFF
			return (r - lo) % 10
		}
	}
	return 0
}
