package client_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
)

// meanings are all that an error can mean.
var meanings = []error{
	client.ErrInvalid, client.ErrNotFound, client.ErrDuplicate, client.ErrUnauthorized, client.ErrForbidden, client.ErrRateLimited,
	client.ErrServer, client.ErrMaybeApplied, client.ErrBadResponse, client.ErrResponseTooLarge,
}

// meaningsOf returns what err means, in the order of meanings.
func meaningsOf(err error) []error {
	return slices.DeleteFunc(slices.Clone(meanings), func(meaning error) bool { return !errors.Is(err, meaning) })
}

func TestNotFoundOfEachOperationWithAnID(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"error":"Contact with id abc not found","status":400}`, `{"message":"Contact not found for id:abc","statusCode":400}`,
	} {
		for _, operation := range operations {
			c, _ := newStub(t, answer{status: 400, body: body})
			if err := operation.call(t.Context(), c); !slices.Equal(meaningsOf(err), []error{client.ErrNotFound}) {
				t.Errorf("%s: %v", operation.name, err)
			}
		}
	}
}

func TestWritesThatMayHaveHappened(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		unsure bool
	}{
		{301, false},
		{400, false},
		{401, false},
		{403, false},
		{404, false},
		{408, true},
		{409, false},
		{422, false},
		{429, false},
		{500, true},
		{501, true},
		{502, true},
		{503, true},
		{504, true},
		{520, true},
		{599, true},
	} {
		for _, operation := range operations {
			c, _ := newStub(t, answer{status: test.status, body: `{"message":"no"}`})
			err := operation.call(t.Context(), c)
			if got, want := errors.Is(err, client.ErrMaybeApplied), test.unsure && operation.write; got != want {
				t.Errorf("%s, %d: may have been applied: %v, want %v", operation.name, test.status, got, want)
			}
			if says := strings.Contains(err.Error(), client.ErrMaybeApplied.Error()); says != (test.unsure && operation.write) {
				t.Errorf("%s, %d: %v", operation.name, test.status, err)
			}
		}
	}
}

func TestATextOfAnErrorIsOneShortLine(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]string{
		"line breaks":     "a\nb\r\nc\u2028d\u2029e\u0085f\vg",
		"direction":       "a\u202eb\u200ec",
		"unassigned":      "a\U000830c3b",
		"control":         "a\x00b\x1b[31mc\x7fd\u009be",
		"long":            strings.Repeat("no ", 1000),
		"long characters": strings.Repeat("\U0001F600", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := newStub(t, answer{status: 400, body: `{"message":` + quote(t, message) + `,"traceId":` + quote(t, message) + `}`})
			err := c.Contacts.Delete(t.Context(), "abc")
			var apiError *client.Error
			if !errors.As(err, &apiError) || apiError.Messages[0] != message {
				t.Fatalf("got %v", err)
			}
			if text := err.Error(); len(text) > 800 || strings.ContainsFunc(text, isNotPrintable) {
				t.Errorf("%d bytes: %q", len(text), text)
			}
		})
	}
}

// TestErrorsKeepTheirCause shows that nothing of errors.Is and errors.As is lost on the way up.
func TestErrorsKeepTheirCause(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, answer{status: 400, body: `{"message":"This location does not allow duplicated contacts."}`})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, operation := range operations {
		if err := operation.call(t.Context(), c); !errors.Is(err, client.ErrDuplicate) {
			t.Errorf("%s: %v", operation.name, err)
		}
		if err := operation.call(ctx, c); !errors.Is(err, context.Canceled) || errors.Is(err, client.ErrMaybeApplied) {
			t.Errorf("%s, canceled before: %v", operation.name, err)
		}
	}
}
