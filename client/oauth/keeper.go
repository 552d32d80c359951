package oauth

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// earlyPause is how long a token that is due, but works, is handed out before its renewal is tried again.
const earlyPause = 30 * time.Second

// keeper hands out one credential and has it renewed when its access token is due, by one caller at a time.
type keeper struct {
	renewal func(context.Context) (Credential, error) // asked by one caller at a time
	margin  time.Duration
	logger  *slog.Logger
	flight  flight

	mu        sync.Mutex
	held      Credential
	refused   Secret    // the access token that the API calls bad or expired
	notBefore time.Time // when a renewal ahead of time may be tried again
}

// state is how far the access token of a credential is in its life.
type state int

const (
	ended state = iota // or refused, or none at all: it must be renewed
	due                // it works, and should be renewed
	fresh
)

// credential returns a credential whose access token works, as far as can be told.
func (k *keeper) credential(ctx context.Context) (Credential, error) {
	held, now := k.look()
	if now == fresh || (now == due && (k.flight.busy() || k.pausing())) {
		return held, nil
	}
	if err := ctx.Err(); err != nil {
		return workingOr(err, held, now)
	}
	next, err := k.flight.do(ctx, k.renew)
	if err == nil {
		return next, nil
	}
	held, now = k.look()
	if now != ended {
		k.logger.LogAttrs(ctx, slog.LevelWarn, "oauth: renewal ahead of time failed, the token still serves",
			slog.Int("status", statusOf(err)), slog.Duration("left", time.Until(held.Expiry)))
		k.pause()
	}
	return workingOr(err, held, now)
}

// workingOr returns held if it works, and else err.
func workingOr(err error, held Credential, now state) (Credential, error) {
	if now == ended {
		return Credential{}, err
	}
	return held, nil
}

// renew renews the credential, unless that was done just before.
func (k *keeper) renew(ctx context.Context) (Credential, error) {
	if held, now := k.look(); now == fresh {
		return held, nil
	}
	next, err := k.renewal(ctx)
	if err != nil {
		return Credential{}, err
	}
	k.hold(next)
	return next, nil
}

// hold makes credential the one that is handed out.
func (k *keeper) hold(credential Credential) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held = credential
}

// invalidate makes token count as ended if it is the one that is handed out. It sends nothing.
func (k *keeper) invalidate(token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if token != "" && k.held.AccessToken.Reveal() == token {
		k.refused = k.held.AccessToken
	}
}

// look returns the credential that is handed out, and its state.
func (k *keeper) look() (Credential, state) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.held, k.stateOf(k.held)
}

// isFresh tells whether credential can be handed out without being renewed.
func (k *keeper) isFresh(credential Credential) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stateOf(credential) == fresh
}

// works tells whether the access token of credential can still be handed out, if need be.
func (k *keeper) works(credential Credential) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stateOf(credential) != ended
}

// stateOf is for those who hold the lock.
func (k *keeper) stateOf(credential Credential) state {
	now := time.Now()
	switch {
	case credential.AccessToken.IsZero() || credential.AccessToken == k.refused || !now.Before(credential.Expiry):
		return ended
	case !now.Before(credential.dueAt(k.margin)):
		return due
	default:
		return fresh
	}
}

func (k *keeper) pausing() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return time.Now().Before(k.notBefore)
}

func (k *keeper) pause() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.notBefore = time.Now().Add(earlyPause)
}
