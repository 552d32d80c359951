package redact_test

import (
	"strings"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

// malicious are texts that need quadratic time when they are repeated, if each match searches the
// rest of the text.
var malicious = []string{
	"a", "1", "1 ", "1.", "1-1-", "@", "a@", " @ ", "a @ ", "\"@", "\"a @ ", "(@", "jane@example.com,", "5551234567,", "5551234567", "(", "+(",
	"%25", "%", "%C3", "%E2%80", `\u005c`, `\`, `\u0`, "&amp;", "&", "&#", "&#1", "?", "?a", "?a ", "pit-", "eyJ", "eyJa.", "Bearer ", "bearer=",
	"token", "token=", "token:", "a1_", "10.0.0.1 ", "2026-11-24 ", "1ms", "0.1", "1:1", "0f8fad5b-", "[at]", "(at) ", "a://", "[redacted]", "\u200b", "\xff", "５",
}

const maliciousSize = 64 << 10

func BenchmarkText(b *testing.B) {
	for _, text := range append(malicious, "Contact with id "+contactID+" not found. ", "the email jane@example.com and the phone +1 555 123 4567 are taken. ") {
		b.Run(text, func(b *testing.B) {
			text = strings.Repeat(text, maliciousSize/len(text))
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				redact.Text(text, "opaque secret")
			}
		})
	}
	b.Run("short", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			redact.Text("Contact with id "+contactID+" not found", "opaque secret")
		}
	})
}

// TestText_LinearTime compares the running time for a text and for a text eight times as long.
func TestText_LinearTime(t *testing.T) {
	fastest := func(text string, times int) time.Duration {
		best := time.Hour
		for range times {
			start := time.Now()
			redact.Text(text, "opaque secret")
			best = min(best, time.Since(start))
		}
		return best
	}
	const size = 8 << 10
	for _, text := range malicious {
		long := strings.Repeat(text, size/len(text))
		short := long[:len(long)/8]
		// The ratio is 8 for linear time and 64 for quadratic time. Other programs can delay any
		// run.
		if fastest(long, 1) < 30*fastest(short, 1) {
			continue
		}
		if once, eightfold := fastest(short, 10), fastest(long, 10); eightfold > 30*once {
			t.Errorf("%q: %d bytes took %v, %d bytes took %v", text, len(short), once, len(long), eightfold)
		}
	}
}
