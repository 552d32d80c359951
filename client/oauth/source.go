package oauth

import (
	"context"
	"sync"
	"weak"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Source provides the access token of a stored credential. It refreshes the token before it
// expires, and when the API rejects it as invalid or expired. Source is a [client.TokenSource] and
// safe for concurrent use. Create one for each store and share it: concurrent calls cause one
// refresh. If the store is a [RefreshLocker], one process at a time refreshes.
//
// The call that starts a refresh also finishes it. Once the refresh token has been sent, the end of
// the caller's context does not end the refresh, which usually takes less than a second and at most
// 35 seconds. Concurrent calls return the current token if it is still usable. Otherwise they wait
// for the result of the refresh until their own contexts end.
type Source struct {
	app   *App
	cache *tokenCache

	mu        sync.Mutex
	locations map[string]weak.Pointer[LocationSource] // by location ID, all sources
	retained  map[string]*LocationSource              // by location ID, the sources that remain in memory
}

var _ client.TokenSource = (*Source)(nil)

// Source returns the source of the access token of the credential in store. The credential belongs
// to a location or an agency. Source makes no requests and does not use the store.
func (a *App) Source(store TokenStore) *Source {
	return &Source{
		app:       a,
		cache:     newTokenCache(a, &storeRefresher{app: a, store: store}),
		locations: map[string]weak.Pointer[LocationSource]{},
		retained:  map[string]*LocationSource{},
	}
}

// Token returns an access token that has not expired and that the API has not rejected. The error
// matches [ErrReinstallRequired] if a user must install the app again, and also [ErrNoCredential]
// if the store is empty. Other non-2xx responses are returned as an [*Error]. Errors of the store
// are wrapped.
func (s *Source) Token(ctx context.Context) (string, error) {
	credential, err := s.cache.credential(ctx)
	return credential.AccessToken.Reveal(), err
}

// Credential returns a copy of the credential whose access token [Source.Token] returns.
func (s *Source) Credential(ctx context.Context) (Credential, error) {
	credential, err := s.cache.credential(ctx)
	return credential.clone(), err
}

// Invalidate reports that the API rejected token as invalid or expired. The next call of Token
// loads the credential from the store again. If its token has not been replaced, Token refreshes
// it. Invalidate ignores a token that is not the current one, so many failed calls cause one
// refresh.
func (s *Source) Invalidate(token string) { s.cache.invalidate(token) }

// String returns the name of the type, without a secret.
func (s *Source) String() string { return "oauth.Source" }

// GoString returns what String returns.
func (s *Source) GoString() string { return s.String() }
