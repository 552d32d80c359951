package redact_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

const verbs = "vstTbcdoOqxXUeEfFgGpw"

type wrapper struct{ err error }

type embedding struct{ error }

func TestError_PrintsOnlyTheRedactedText(t *testing.T) {
	cause := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("jane@example.com used secret-token-1")}
	err := redact.Error(&url.Error{Op: "Get", URL: "https://api.example/a", Err: cause}, "secret-token-1")
	const want = "dial tcp: [redacted] used [redacted]"
	if again := redact.Local(fmt.Errorf("again: %w", err)); err.Error() != want || again != "again: "+want {
		t.Errorf("got %q and %q, want %q", err, again, want)
	}
	for _, value := range []any{
		err,
		wrapper{err},
		&wrapper{err},
		embedding{err},
		[]error{err},
		map[string]error{"a": err},
		[1]wrapper{{err}},
		fmt.Errorf("getContact: %w", err), errors.Join(err, io.EOF),
		struct{ Err error }{err},
	} {
		for _, verb := range verbs {
			for _, flags := range []string{"", "+", "#", " ", "0", "-20", ".3", "+#"} {
				got := fmt.Sprintf("%"+flags+string(verb), value)
				hexadecimal := fmt.Sprintf("%x %X", "jane", "secret")
				for _, secret := range append(strings.Fields(hexadecimal), "jane", "secret", "[115 101") {
					if strings.Contains(got, secret) {
						t.Errorf("%%%s%c of %T: got %q, which contains %q", flags, verb, value, got, secret)
					}
				}
			}
		}
	}
	if got := fmt.Sprintf("%v %s %q", err, err, err); got != want+" "+want+` "`+want+`"` {
		t.Errorf("got %s", got)
	}
}

func TestError_Unwraps(t *testing.T) {
	err := redact.Error(fmt.Errorf("%w: %w", context.DeadlineExceeded, &net.DNSError{Err: "no such host", IsTimeout: true}))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error("got no match, want context.DeadlineExceeded")
	}
	timeout, ok := errors.AsType[net.Error](err)
	if !ok || !timeout.Timeout() {
		t.Errorf("got %v, want a timeout", timeout)
	}
	if got := redact.Error(nil); got != nil {
		t.Errorf("got %v, want nil", got)
	}
}
