package client_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
)

// countingSource gives token-1, token-2 and so on, and keeps the contexts that it is asked under.
type countingSource struct {
	asked    atomic.Int32
	contexts []context.Context
}

func (s *countingSource) Token(ctx context.Context) (string, error) {
	s.contexts = append(s.contexts, ctx)
	return "token-" + strconv.Itoa(int(s.asked.Add(1))), nil
}

func TestEachCallAsksForAToken(t *testing.T) {
	t.Parallel()
	source, api := &countingSource{}, &stub{answers: []answer{everything}}
	c, err := client.New(source, client.WithHTTPClient(&http.Client{Transport: api}), client.WithLocation("l"))
	if err != nil {
		t.Fatal(err)
	}
	if source.asked.Load() != 0 {
		t.Error("New asked for a token")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for i, operation := range operations {
		if err := operation.call(ctx, c); err != nil {
			t.Fatal(err)
		}
		if got, want := api.requests[i].Header.Get("Authorization"), "Bearer token-"+strconv.Itoa(i+1); got != want {
			t.Errorf("%s: %q, want %q", operation.name, got, want)
		}
		// The source may call the API itself: its context is the caller's, not that of the call.
		if source.contexts[i] != ctx {
			t.Errorf("%s: another context", operation.name)
		}
	}
}

func TestBadTokensOfASourceAreNotSent(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"empty": "", "with Bearer": "Bearer abc", "line break": "abc\r\nX-Evil: 1", "space": "abc def", "another script": "abcд", "zero byte": "a\x00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := client.New(fixedSource(bad), client.WithHTTPClient(&http.Client{Transport: noRequests(t)}), client.WithLocation("l"))
			if err != nil {
				t.Fatal(err)
			}
			for _, operation := range operations {
				if err := operation.call(t.Context(), c); !errors.Is(err, client.ErrInvalid) || errors.Is(err, client.ErrMaybeApplied) {
					t.Errorf("%s: %v", operation.name, err)
				}
			}
		})
	}
}

// fixedSource is a TokenSource that New does not know.
type fixedSource string

func (s fixedSource) Token(context.Context) (string, error) { return string(s), nil }

func TestErrorsOfASourceEndTheCall(t *testing.T) {
	t.Parallel()
	cause := errors.New("the refresh token was used before")
	c, err := client.New(leakingSource{cause}, client.WithHTTPClient(&http.Client{Transport: noRequests(t)}), client.WithLocation("l"))
	if err != nil {
		t.Fatal(err)
	}
	for _, operation := range operations {
		err := operation.call(t.Context(), c)
		if !errors.Is(err, cause) || errors.Is(err, client.ErrMaybeApplied) || errors.Is(err, client.ErrUnauthorized) {
			t.Errorf("%s: %v", operation.name, err)
		}
	}
	_, err = c.Contacts.Get(t.Context(), "abc")
	if want := "getContact: token source: the refresh token was used before"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestStaticToken(t *testing.T) {
	t.Parallel()
	got, err := client.StaticToken(token).Token(t.Context())
	if got != token || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
