package oauth

import (
	"context"
	"sync"
	"weak"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Source provides the access token of a stored credential. It refreshes the token before it
// expires, and when the API rejects it as invalid or expired. Source is a [client.TokenSource]
// and safe for concurrent use: create one for each store and share it.
//
// A refresh token is valid once. One goroutine of one process refreshes at a time if the store is a
// [RefreshLocker], and the new token pair is stored before it is used. The call that starts a
// refresh also finishes it: once the refresh token has been sent, the refresh does not end with the
// caller's context. It usually takes less than a second, and at most 35 seconds. Concurrent calls
// return the current token if it is still usable. Otherwise they wait for the result of the refresh
// until their own contexts end.
type Source struct {
	app   *App
	cache tokenCache

	mu        sync.Mutex
	locations map[string]weak.Pointer[LocationSource] // all sources in use
	known     map[string]*LocationSource              // sources of known locations
}

var _ client.TokenSource = (*Source)(nil)

// Source returns the source of the credential in store, of a location or of an agency. It makes
// no requests until a token is needed.
func (a *App) Source(store TokenStore) *Source {
	return &Source{
		app:       a,
		cache:     tokenCache{refresher: &storeRefresher{app: a, store: store}, margin: a.config.RefreshBefore, logger: a.logger},
		locations: map[string]weak.Pointer[LocationSource]{},
		known:     map[string]*LocationSource{},
	}
}

// Token returns an access token that has not expired and that the API has not rejected. The error
// matches [ErrReinstallRequired] if only a new installation helps, and also [ErrNoCredential] if
// the store is empty.
func (s *Source) Token(ctx context.Context) (string, error) {
	credential, err := s.cache.credential(ctx)
	return credential.AccessToken.Reveal(), err
}

// Credential returns the credential whose access token [Source.Token] returns.
func (s *Source) Credential(ctx context.Context) (Credential, error) {
	return s.cache.credential(ctx)
}

// Invalidate reports that the API rejected token as invalid or expired. The next call of Token
// looks for another token in the store, and refreshes otherwise. A token that is not the current
// one is ignored, so many failed calls cause one refresh.
func (s *Source) Invalidate(token string) { s.cache.invalidate(token) }

// String returns the name of the type, without a secret.
func (s *Source) String() string { return "oauth.Source" }

// GoString returns what String returns.
func (s *Source) GoString() string { return s.String() }
