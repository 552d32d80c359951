package postgres

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

const (
	// leaseDuration is how long other processes wait if the process that holds the lease ends. The
	// API returns the same token pair for a used refresh token for 30 seconds. leaseDuration is
	// shorter: if a process ends before it has stored its new pair, the next process receives the
	// same pair.
	leaseDuration = 15 * time.Second
	// renewalsPerLease is the number of times that a process renews its lease in leaseDuration.
	renewalsPerLease = 4
	releaseTimeout   = 5 * time.Second
)

// tokenStore stores the credential of one installation in the table contacts_go_tokens.
type tokenStore struct {
	db           *sql.DB
	installation string
	keys         Keys
	lease        time.Duration
}

var _ oauth.RefreshLocker = (*tokenStore)(nil)

// NewTokenStore returns a store for the credential of one installation, which it encrypts with
// keys. The caller chooses the name of the installation, such as the location ID or the company ID.
// The store is also an [oauth.RefreshLocker]. Call [Migrate] before the store is used.
func NewTokenStore(db *sql.DB, installation string, keys Keys) oauth.TokenStore {
	return &tokenStore{db: db, installation: installation, keys: keys, lease: leaseDuration}
}

// Installations returns the sorted names of the installations that have a credential.
func Installations(ctx context.Context, db *sql.DB) ([]string, error) {
	names, err := installations(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("postgres: Installations: %w", err)
	}
	return names, nil
}

func installations(ctx context.Context, db *sql.DB) (names []string, err error) {
	rows, err := db.QueryContext(ctx,
		`SELECT installation FROM contacts_go_tokens WHERE sealed IS NOT NULL ORDER BY installation`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// Load returns the stored credential. If there is none, the error matches [oauth.ErrNoCredential].
func (s *tokenStore) Load(ctx context.Context) (oauth.Credential, error) {
	credential, _, err := s.load(ctx)
	if err != nil {
		return oauth.Credential{}, fmt.Errorf("postgres: Load: %w", err)
	}
	return credential, nil
}

// load returns the stored credential and its version. It returns the version with the error if the
// credential cannot be decrypted.
func (s *tokenStore) load(ctx context.Context) (credential oauth.Credential, version int64, err error) {
	var sealed []byte
	err = s.db.QueryRowContext(ctx, `SELECT version, sealed FROM contacts_go_tokens WHERE installation = $1`,
		s.installation).Scan(&version, &sealed)
	if errors.Is(err, sql.ErrNoRows) || err == nil && sealed == nil {
		return oauth.Credential{}, 0, oauth.ErrNoCredential
	}
	if err != nil {
		return oauth.Credential{}, 0, err
	}
	credential, err = s.keys.open(s.installation, version, sealed)
	return credential, version, err
}

// CompareAndSwap stores next if used is the refresh token of the stored credential.
func (s *tokenStore) CompareAndSwap(ctx context.Context, used client.Secret, next oauth.Credential) (bool, error) {
	swapped, err := s.compareAndSwap(ctx, used, next)
	if err != nil {
		return false, fmt.Errorf("postgres: CompareAndSwap: %w", err)
	}
	return swapped, nil
}

// compareAndSwap compares the refresh token here and the version of the row in SQL, because SQL
// cannot compare encrypted tokens. A credential that is missing or does not decrypt is compared as
// the zero credential.
func (s *tokenStore) compareAndSwap(ctx context.Context, used client.Secret, next oauth.Credential) (bool, error) {
	stored, version, err := s.load(ctx)
	if err != nil && !errors.Is(err, oauth.ErrNoCredential) && !errors.Is(err, oauth.ErrInvalidCredential) {
		return false, err
	}
	if stored.RefreshToken.Reveal() != used.Reveal() {
		return false, nil
	}
	sealed, err := s.keys.seal(s.installation, version+1, next)
	if err != nil {
		return false, err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }()
	// A crash of the server must not lose the refresh token, so the commit is always synchronous.
	if _, err := tx.ExecContext(ctx, `SELECT set_config('synchronous_commit', 'on', true)
		WHERE current_setting('synchronous_commit') = 'off'`); err != nil {
		return false, err
	}
	swapped, err := swap(ctx, tx, s.installation, version, sealed)
	if err != nil || !swapped {
		return false, err
	}
	return true, tx.Commit()
}

// swap writes the row if its version is still version, and reports whether it did. Version 0 means
// that the row does not exist or contains only a lease. If a row with a higher version was deleted,
// swap does not create it again.
func swap(ctx context.Context, tx *sql.Tx, installation string, version int64, sealed []byte) (bool, error) {
	statement := `UPDATE contacts_go_tokens SET version = version + 1, sealed = $3 WHERE installation = $1 AND version = $2`
	if version == 0 {
		statement = `INSERT INTO contacts_go_tokens AS t (installation, version, sealed) VALUES ($1, $2::bigint + 1, $3)
			ON CONFLICT (installation) DO UPDATE SET version = excluded.version, sealed = excluded.sealed
			WHERE t.version = 0`
	}
	result, err := tx.ExecContext(ctx, statement, installation, version, sealed)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// LockRefresh acquires the lease and renews it until unlock is called. It does not occupy a
// connection while it waits or while it holds the lease.
func (s *tokenStore) LockRefresh(ctx context.Context) (unlock func(), err error) {
	const pollInterval = 100 * time.Millisecond
	owner := rand.Text()
	for {
		acquired, err := s.acquire(ctx, owner)
		if err != nil {
			return nil, fmt.Errorf("postgres: LockRefresh: %w", err)
		}
		if acquired {
			return s.renewUntilUnlock(ctx, owner), nil
		}
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
			return nil, fmt.Errorf("postgres: LockRefresh: %w", ctx.Err())
		}
	}
}

// renewUntilUnlock renews the lease in a goroutine. unlock ends the goroutine and releases the
// lease.
func (s *tokenStore) renewUntilUnlock(ctx context.Context, owner string) (unlock func()) {
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	var renewals sync.WaitGroup
	renewals.Go(func() {
		ticker := time.NewTicker(s.lease / renewalsPerLease)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				s.renew(renewing, owner)
			case <-renewing.Done():
				return
			}
		}
	})
	return func() {
		stop()
		renewals.Wait()
		s.release(ctx, owner)
	}
}

// acquire acquires the lease if it is free or has expired, and reports whether it did.
func (s *tokenStore) acquire(ctx context.Context, owner string) (bool, error) {
	result, err := s.db.ExecContext(ctx, `INSERT INTO contacts_go_tokens AS t (installation, lease_owner, lease_until)
		VALUES ($1, $2, clock_timestamp() + $3::bigint * interval '1 millisecond')
		ON CONFLICT (installation) DO UPDATE SET lease_owner = excluded.lease_owner, lease_until = excluded.lease_until
		WHERE t.lease_until IS NULL OR t.lease_until < clock_timestamp()`, s.installation, owner, s.lease.Milliseconds())
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// renew extends the lease, unless another process has acquired it. It ignores errors, because the
// next renewal may succeed. If the lease expires, another process may refresh too, and
// CompareAndSwap stores the credential of only one of them.
func (s *tokenStore) renew(ctx context.Context, owner string) {
	ctx, cancel := context.WithTimeout(ctx, s.lease)
	defer cancel()
	_, _ = s.db.ExecContext(ctx, `UPDATE contacts_go_tokens
		SET lease_until = clock_timestamp() + $3::bigint * interval '1 millisecond'
		WHERE installation = $1 AND lease_owner = $2`, s.installation, owner, s.lease.Milliseconds())
}

// release ends the lease, unless another process has acquired it. It ignores errors, because the
// lease expires.
func (s *tokenStore) release(ctx context.Context, owner string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	_, _ = s.db.ExecContext(ctx, `UPDATE contacts_go_tokens SET lease_owner = NULL, lease_until = NULL
		WHERE installation = $1 AND lease_owner = $2`, s.installation, owner)
}
