package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/highlevel-contacts/contacts-go/client"
)

// replaceable is a TokenSource whose token is token-1 until it is invalidated, then token-2, and so
// on. It records the contexts and the invalidated tokens.
type replaceable struct {
	contexts []context.Context
	invalid  []string
}

func (r *replaceable) Token(ctx context.Context) (string, error) {
	r.contexts = append(r.contexts, ctx)
	return fmt.Sprintf("token-%d", len(r.invalid)+1), nil
}

func (r *replaceable) Invalidate(token string) {
	r.invalid = append(r.invalid, token)
}

// sentTokens returns the Authorization header of each request.
func sentTokens(api *stub) []string {
	var tokens []string
	for _, req := range api.requests {
		tokens = append(tokens, req.Header.Get("Authorization"))
	}
	return tokens
}

func TestTokenSource_EachAttempt(t *testing.T) {
	type key struct{}
	for _, operation := range allOperations {
		synctest.Test(t, func(t *testing.T) {
			ctx := context.WithValue(t.Context(), key{}, "the caller's")
			source, api := &replaceable{}, &stub{responses: []stubResponse{{status: 429}, everything}, tb: t, strict: true}
			c := newClientWith(t, source, api, retries)
			if len(source.contexts) > 0 {
				t.Error("New requested a token")
			}
			if err := operation.call(ctx, c); err != nil || len(source.contexts) != 2 {
				t.Errorf("%s: got %v, %d tokens, want 2", operation.name, err, len(source.contexts))
			}
			for _, got := range source.contexts { // the source may call the API itself
				if _, inside := client.OperationFromContext(got); inside || got.Value(key{}) != "the caller's" {
					t.Errorf("%s: got the context of the request", operation.name)
				}
			}
		})
	}
}

func TestTokenSource_InvalidToken(t *testing.T) {
	for _, bad := range []string{"", "Bearer abc", "abc\r\nX-Evil: 1", "abc def", "abcд", "a\x00"} {
		c := newClientWith(t, sourceFunc(func(context.Context) (string, error) { return bad, nil }), noRequests(t), retries)
		for _, operation := range allOperations {
			if err := operation.call(t.Context(), c); !errors.Is(err, client.ErrInvalid) || errors.Is(err, client.ErrMaybeApplied) {
				t.Errorf("%s, %q: got %v, want ErrInvalid", operation.name, bad, err)
			}
		}
	}
}

// TestCall_NotSent has errors of the token source and the Pacer. The error of the call has their
// kind, and no status.
func TestCall_NotSent(t *testing.T) {
	t.Parallel()
	cause := errors.New("the refresh token was used before")
	limited := &client.Error{Kind: client.ErrRateLimited, RetryAfter: 7, Messages: []string{"no"}, Err: cause}
	for _, test := range []struct {
		err  error
		kind client.Kind
		text string // without the source
	}{
		{cause, "other", "the refresh token was used before"},
		{fmt.Errorf("%w: %w", client.ErrUnauthorized, cause), client.ErrUnauthorized, "unauthorized: the refresh token was used before"},
		{fmt.Errorf("%w: %w", context.DeadlineExceeded, cause), "deadline", "context deadline exceeded: the refresh token was used before"},
		{limited, client.ErrRateLimited, ""},
		{
			fmt.Errorf("oauth: %w", &client.Error{Kind: client.ErrRateLimited, StatusCode: 429, RetryAfter: 7, Err: cause}), client.ErrRateLimited,
			"oauth: 429 rate limited: the refresh token was used before (retry after 0s) (retry after 0s)",
		},
	} {
		source := newClientWith(t, sourceFunc(func(context.Context) (string, error) { return "", test.err }), noRequests(t), retries)
		pacer := newClient(t, noRequests(t), retries, client.WithPacer(&testPacer{wait: func() error { return test.err }}))
		for prefix, c := range map[string]*client.Client{"token source: ": source, "waiting for the rate limit: ": pacer} {
			for _, operation := range allOperations {
				err := operation.call(t.Context(), c)
				checkOneKind(t, err)
				apiErr, _ := errors.AsType[*client.Error](err)
				if !errors.Is(err, cause) || apiErr.Kind != test.kind || apiErr.MaybeApplied || apiErr.StatusCode != 0 || apiErr.Operation != operation.goName {
					t.Errorf("%s: got %v, want %s", operation.name, err, test.kind)
				}
				if test.kind == client.ErrRateLimited && apiErr.RetryAfter != 7 || test.text == "" && apiErr.Messages[0] != "no" {
					t.Errorf("%s: got %v, want the fields of the cause", operation.name, err)
				}
			}
			_, err := c.Contacts.Get(t.Context(), "abc")
			if want := "Contacts.Get: GET /proxy/v1/contacts/abc: " + test.kind.Error() + ": " + prefix + test.text; test.text != "" && err.Error() != want {
				t.Errorf("got  %s\nwant %s", err, want)
			}
		}
	}
}

// TestCall_RetryNotSent fails to retry. The error has the kind of the failure, once, and matches the
// causes of the failure and of the missing retry, but not the kind of the latter.
func TestCall_RetryNotSent(t *testing.T) {
	cause := errors.New("the program's")
	for name, reason := range map[string]error{
		"deadline": fmt.Errorf("%w: %w", context.DeadlineExceeded, cause), "other": cause, "kind": &client.Error{Kind: client.ErrRateLimited, Err: cause},
		"daily limit": &client.Error{Kind: client.ErrRateLimited, Err: fmt.Errorf("%w: %w", client.ErrDailyLimit, cause)},
	} {
		for kind, last := range map[client.Kind]stubResponse{client.ErrServer: {status: 503}, client.ErrNetwork: {err: syscall.ECONNRESET}} {
			synctest.Test(t, func(t *testing.T) {
				api := &stub{responses: []stubResponse{{status: 401, body: `{"message":"Invalid JWT"}`}, last}, tb: t, strict: true}
				pacer := &testPacer{}
				pacer.wait = func() error {
					if len(pacer.observed) < 2 {
						return nil
					}
					return reason
				}
				c := newClientWith(t, &replaceable{}, api, retries, client.WithPacer(pacer))
				err := c.Contacts.Delete(t.Context(), "abc")
				checkOneKind(t, err)
				if !errors.Is(err, kind) || (last.err != nil && !errors.Is(err, last.err)) || strings.Count(err.Error(), kind.Error()) != 1 || !errors.Is(err, client.ErrMaybeApplied) {
					t.Errorf("%s: got %v, want %s and ErrMaybeApplied", name, err, kind)
				}
				if errors.Is(err, cause) != (name != "daily limit") || errors.Is(err, client.ErrDailyLimit) || !strings.Contains(err.Error(), "(not retried: waiting for the rate limit: ") && name == "other" {
					t.Errorf("%s: got %v, want the cause", name, err)
				}
			})
		}
	}
}

func TestTokenInvalidator_OnlyRejectedTokens(t *testing.T) {
	t.Parallel()
	for message, test := range map[string]struct {
		status   int
		replaced bool
	}{
		"Invalid JWT":                                              {401, true},
		"Invalid token: access token is invalid":                   {401, true},
		"The token has expired":                                    {401, true},
		"No Authorization header found for authentication!":        {401, false},
		"The token is not authorized for this scope.":              {401, false},
		"This authClass type is not allowed to access this scope.": {401, false},
		"Token's user type mismatch!":                              {401, false},
		"version header is invalid":                                {401, false},
		"The token does not have access to this location.":         {403, false},
		"The token is invalid":                                     {400, false},
	} {
		for _, operation := range allOperations {
			source, api := &replaceable{}, &stub{responses: []stubResponse{{status: test.status, body: fmt.Sprintf(`{"message":%q}`, message)}, everything}, tb: t}
			err := operation.call(t.Context(), newClientWith(t, source, api))
			want, invalid := []string{"Bearer token-1"}, []string(nil)
			if test.replaced {
				want, invalid = []string{"Bearer token-1", "Bearer token-2"}, []string{"token-1"}
			}
			if (err == nil) != test.replaced || !slices.Equal(sentTokens(api), want) || !slices.Equal(source.invalid, invalid) {
				t.Errorf("%s, %d %s: got %v, sent %q and invalidated %q", operation.name, test.status, message, err, sentTokens(api), source.invalid)
			}
		}
	}
}

// TestTokenInvalidator_OncePerCall rejects each token, in one attempt and after a retry.
func TestTokenInvalidator_OncePerCall(t *testing.T) {
	rejected := stubResponse{status: 401, body: `{"message":"Invalid JWT"}`}
	for _, responses := range [][]stubResponse{{rejected, rejected}, {rejected, {status: 429, header: http.Header{"Retry-After": {"1"}}}, rejected}} {
		for _, operation := range allOperations {
			synctest.Test(t, func(t *testing.T) {
				source, api := &replaceable{}, &stub{responses: responses, tb: t, strict: true}
				err := operation.call(t.Context(), newClientWith(t, source, api, retries))
				if !errors.Is(err, client.ErrUnauthorized) || errors.Is(err, client.ErrMaybeApplied) || len(source.invalid) != 1 || len(api.sent) != len(responses) {
					t.Errorf("%s: got %v after %d requests, invalidated %q", operation.name, err, len(api.sent), source.invalid)
				}
			})
		}
	}
}
