package oauth

import (
	"context"
	"sync"
	"weak"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Source hands out the access token of a stored credential and renews it: ahead of its end, and when the API calls it bad or
// expired. It is a [client.TokenSource]. It is safe for concurrent use; make one for a store and share it.
//
// A refresh token works once, so one goroutine of one process renews at a time, as far as the store can lock (see
// [RefreshLocker]), and the new pair is stored before it is handed out. The call that starts a renewal also finishes it: once
// the refresh token is on its way, the end of its context neither stops the renewal nor makes it return before the new pair is
// stored, which takes less than a second when all is well and never more than 35. Calls that come meanwhile wait for the same
// result under their own contexts, or get the token that still works.
type Source struct {
	app     *App
	store   TokenStore
	keeper  keeper
	renewal renewal

	mu        sync.Mutex
	locations map[string]weak.Pointer[LocationSource] // all that somebody uses
	known     map[string]*LocationSource              // those that are kept
}

var _ client.TokenSource = (*Source)(nil)

// Source returns the source of the credential in store, a location's or an agency's. It does nothing until it is asked for a
// token.
func (a *App) Source(store TokenStore) *Source {
	s := &Source{
		app: a, store: store,
		locations: map[string]weak.Pointer[LocationSource]{}, known: map[string]*LocationSource{},
	}
	s.keeper = keeper{renewal: s.renew, margin: a.config.RefreshBefore, logger: a.logger}
	return s
}

// Token returns an access token that works, as far as can be told without asking. Its error matches [ErrReinstallRequired] if only a new
// installation helps, which includes an empty store ([ErrNoCredential]).
func (s *Source) Token(ctx context.Context) (string, error) {
	credential, err := s.keeper.credential(ctx)
	return credential.AccessToken.Reveal(), err
}

// Credential returns the credential whose access token [Source.Token] returns.
func (s *Source) Credential(ctx context.Context) (Credential, error) {
	return s.keeper.credential(ctx)
}

// Invalidate tells that the API calls token bad or expired. The next Token looks into the store for another one, and else renews.
// A token that is no longer handed out is ignored, so that many failed calls renew once.
func (s *Source) Invalidate(token string) { s.keeper.invalidate(token) }

// String tells what it is, without a secret.
func (s *Source) String() string { return "oauth.Source" }

// GoString tells what it is, without a secret.
func (s *Source) GoString() string { return s.String() }
