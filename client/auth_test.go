package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
)

// countingSource returns token-1, token-2 and so on, and records the contexts of its calls.
type countingSource struct {
	calls    atomic.Int32
	contexts []context.Context
}

func (s *countingSource) Token(ctx context.Context) (string, error) {
	s.contexts = append(s.contexts, ctx)
	return "token-" + strconv.Itoa(int(s.calls.Add(1))), nil
}

func TestTokenSource_EachCall(t *testing.T) {
	t.Parallel()
	source, api := &countingSource{}, &stub{responses: []stubResponse{everything}}
	c, err := client.New(source, client.WithHTTPClient(&http.Client{Transport: api}), client.WithLocation("l"))
	if err != nil {
		t.Fatal(err)
	}
	if source.calls.Load() != 0 {
		t.Error("New requested a token")
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
		// The source may call the API itself. It must not receive the context of the call.
		if source.contexts[i] != ctx {
			t.Errorf("%s: another context", operation.name)
		}
	}
}

func TestTokenSource_InvalidToken(t *testing.T) {
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

// fixedSource is a TokenSource of another type than StaticToken.
type fixedSource string

func (s fixedSource) Token(context.Context) (string, error) { return string(s), nil }

func TestTokenSource_Error(t *testing.T) {
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
	if want := "Contacts.Get: GET /contacts/abc: other: token source: the refresh token was used before"; err.Error() != want {
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

// replaceable is a source whose token is token-1 until it is invalidated, then token-2, and so on.
type replaceable struct {
	mu      sync.Mutex
	number  int
	invalid []string
}

func (r *replaceable) Token(context.Context) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprintf("token-%d", r.number+1), nil
}

func (r *replaceable) Invalidate(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.invalid = append(r.invalid, token)
	r.number++
}

func TestTokenInvalidator_OnlyRejectedTokens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		status   int
		message  string
		replaced bool
	}{
		{"bad token", 401, "Invalid JWT", true},
		{"bad integration token", 401, "Invalid Private Integration token", true},
		{"expired token", 401, "Invalid token: access token is invalid", true},
		{"expired token, in other words", 401, "The token has expired", true},
		{"no token", 401, "No Authorization header found for authentication!", false},
		{"scope", 401, "The token is not authorized for this scope.", false},
		{"class", 401, "This authClass type is not allowed to access this scope.  Please verify your IAM configuration if this is not the case.", false},
		{"user type", 401, "Token's user type mismatch!", false},
		{"no version", 401, "version header was not found.", false},
		{"bad version", 401, "version header is invalid", false},
		{"location", 403, "The token does not have access to this location.", false},
		{"another status", 400, "Invalid JWT", false},
	}
	for _, test := range tests {
		for _, operation := range operations {
			t.Run(test.name+"/"+operation.name, func(t *testing.T) {
				t.Parallel()
				body := fmt.Sprintf(`{"statusCode":%d,"message":%q}`, test.status, test.message)
				api := &authorizing{api: scripted{outcomes: []outcome{{status: test.status, body: body}, success}}}
				source := &replaceable{}
				c, err := client.New(source, client.WithHTTPClient(&http.Client{Transport: api}), client.WithLocation("loc"),
					client.WithRetry(client.RetryPolicy{MaxAttempts: 1}))
				if err != nil {
					t.Fatal(err)
				}
				err = operation.call(t.Context(), c)
				if (err == nil) != test.replaced {
					t.Errorf("got %v, want success: %v", err, test.replaced)
				}
				want, wantInvalid := []string{"Bearer token-1"}, []string(nil)
				if test.replaced {
					want, wantInvalid = []string{"Bearer token-1", "Bearer token-2"}, []string{"token-1"}
				}
				if !slices.Equal(api.tokens, want) || !slices.Equal(source.invalid, wantInvalid) {
					t.Errorf("sent %q and invalidated %q, want %q and %q", api.tokens, source.invalid, want, wantInvalid)
				}
			})
		}
	}
}

// authorizing records the Authorization headers that it receives.
type authorizing struct {
	api    scripted
	tokens []string
}

func (a *authorizing) RoundTrip(req *http.Request) (*http.Response, error) {
	a.tokens = append(a.tokens, req.Header.Get("Authorization"))
	return a.api.RoundTrip(req)
}

func TestTokenInvalidator_OncePerCall(t *testing.T) {
	t.Parallel()
	api := &authorizing{api: scripted{outcomes: []outcome{{status: 401, body: `{"message":"Invalid JWT"}`}}}}
	source := &replaceable{}
	c, err := client.New(source, client.WithHTTPClient(&http.Client{Transport: api}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.Contacts.Get(t.Context(), "abc"); !errors.Is(err, client.ErrUnauthorized) {
		t.Errorf("got %v", err)
	}
	if len(api.tokens) != 2 || len(source.invalid) != 1 {
		t.Errorf("sent %q, invalidated %q, want two tokens and one", api.tokens, source.invalid)
	}
	if strings.Contains(fmt.Sprintf("%+v", err), "token-") {
		t.Errorf("%+v holds the token", err)
	}
}

func TestStaticToken_Rejected(t *testing.T) {
	t.Parallel()
	api := &authorizing{api: scripted{outcomes: []outcome{{status: 401, body: `{"message":"Invalid JWT"}`}}}}
	c, err := client.New(client.StaticToken("pit-test"), client.WithHTTPClient(&http.Client{Transport: api}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.Contacts.Get(t.Context(), "abc"); !errors.Is(err, client.ErrUnauthorized) || len(api.tokens) != 1 {
		t.Errorf("got %v after %d requests, want unauthorized after one", err, len(api.tokens))
	}
}

// rejecting is a Pacer that rejects every call of Wait after the given number of calls.
type rejecting struct {
	client.Unpaced

	allowed int
}

func (p *rejecting) Wait(context.Context) error {
	if p.allowed--; p.allowed < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

func TestTokenInvalidator_RetryNotSent_MatchesTheFailure(t *testing.T) {
	t.Parallel()
	api := &scripted{outcomes: []outcome{{status: 401, body: `{"message":"Invalid JWT"}`}, {status: 503}, success}}
	c, err := client.New(&replaceable{}, client.WithHTTPClient(&http.Client{Transport: api}),
		client.WithPacer(&rejecting{allowed: 2}), client.WithRetry(client.RetryPolicy{MinDelay: 1}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Contacts.Get(t.Context(), "abc")
	if !errors.Is(err, client.ErrServer) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want an error that matches ErrServer and context.DeadlineExceeded", err)
	}
}
