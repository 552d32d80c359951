package oauth

import (
	"context"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Source provides the access token of a stored credential. It refreshes the token before it
// expires, and when the API rejects it as invalid or expired. Source is a [client.TokenSource] and
// safe for concurrent use. Create one for each store and share it: concurrent calls cause one
// refresh. If the store is a [RefreshLocker], one process at a time refreshes.
//
// The call that starts a refresh also finishes it, even if its context ends. Concurrent calls
// return the current token if it is usable, and otherwise wait until their own contexts end.
type Source struct {
	cache     tokenCache
	locations locationMap[*LocationSource]
}

var _ client.TokenSource = (*Source)(nil)

// Source returns the source of the access token of the credential in store. The credential belongs
// to a location or an agency. Source makes no requests and does not use the store.
func (a *App) Source(store TokenStore) *Source {
	return &Source{cache: tokenCache{app: a, refresher: &storeRefresher{app: a, store: store}}}
}

// Token returns an access token that has not expired and that the API has not rejected. The error
// matches [ErrReinstallRequired] if a user must install the app again, and also [ErrNoCredential]
// if the store is empty. Other non-2xx responses are returned as a [client.Error]. Errors of the store
// are wrapped.
func (s *Source) Token(ctx context.Context) (string, error) { return s.cache.token(ctx) }

// Invalidate reports that the API rejected token as invalid or expired. The next call of Token
// loads the credential from the store again. If its token has not been replaced, Token refreshes
// it. Invalidate ignores a token that is not the current one, so many failed calls cause one
// refresh.
func (s *Source) Invalidate(token string) { s.cache.invalidate(token) }
