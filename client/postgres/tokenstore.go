package postgres

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

const (
	// leaseDuration is how long the lock of a process that has ended stays held. It is shorter than
	// the 30 seconds during which the API returns the same token pair for a used refresh token: if
	// a process ends after the API has returned a pair and before the pair is stored, the next
	// process still receives it.
	leaseDuration = 15 * time.Second
	// renewalsPerLease is how often a process renews its lease while it refreshes.
	renewalsPerLease = 4
	releaseTimeout   = 5 * time.Second
)

type tokenStore struct {
	db           *sql.DB
	installation string
	keys         Keys
	lease        time.Duration
}

var _ oauth.RefreshLocker = (*tokenStore)(nil)

// NewTokenStore returns the store of one installation's credential, which is encrypted with keys. The
// caller chooses the name of the installation, such as the location or company ID. The store is also
// an [oauth.RefreshLocker]. Call [Migrate] before its first use.
func NewTokenStore(db *sql.DB, installation string, keys Keys) oauth.TokenStore {
	return &tokenStore{db: db, installation: installation, keys: keys, lease: leaseDuration}
}

// Installations returns the names of the installations that have a credential, in order.
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

// Load returns the stored credential, or an error that matches [oauth.ErrNoCredential].
func (s *tokenStore) Load(ctx context.Context) (oauth.Credential, error) {
	credential, _, err := s.load(ctx)
	if err != nil {
		return oauth.Credential{}, fmt.Errorf("postgres: load the credential: %w", err)
	}
	return credential, nil
}

// load also returns the version of a credential that cannot be read.
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
func (s *tokenStore) CompareAndSwap(ctx context.Context, used oauth.Secret, next oauth.Credential) (bool, error) {
	swapped, err := s.compareAndSwap(ctx, used, next)
	if err != nil {
		return false, fmt.Errorf("postgres: store the credential: %w", err)
	}
	return swapped, nil
}

// compareAndSwap compares the version of the row in SQL, because an encrypted credential cannot be.
func (s *tokenStore) compareAndSwap(ctx context.Context, used oauth.Secret, next oauth.Credential) (bool, error) {
	stored, version, err := s.load(ctx)
	if err != nil && !errors.Is(err, oauth.ErrNoCredential) && !errors.Is(err, oauth.ErrInvalidCredential) {
		return false, err
	}
	if stored.RefreshToken != used {
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
	// Without a synchronous commit, a crash of the server could lose the refresh token.
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

// swap writes the row if its version is still the given one. Version 0 is a row that does not exist or
// holds only a lease. A row that was deleted is not created again.
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

// LockRefresh acquires the lease and renews it until unlock is called. It pins no connection while
// it waits or while the lease is held.
func (s *tokenStore) LockRefresh(ctx context.Context) (unlock func(), err error) {
	const pollInterval = 100 * time.Millisecond
	owner := rand.Text()
	for {
		acquired, err := s.acquire(ctx, owner)
		if err != nil {
			return nil, fmt.Errorf("postgres: lock the refresh: %w", err)
		}
		if acquired {
			return s.hold(ctx, owner), nil
		}
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
			return nil, fmt.Errorf("postgres: lock the refresh: %w", ctx.Err())
		}
	}
}

// hold renews the lease until unlock is called, which releases it.
func (s *tokenStore) hold(ctx context.Context, owner string) (unlock func()) {
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

// renew extends the lease, unless another process has acquired it. If it fails, the next renewal may
// succeed. If the lease expires, another process may refresh too; the swap lets one of them win.
func (s *tokenStore) renew(ctx context.Context, owner string) {
	ctx, cancel := context.WithTimeout(ctx, s.lease)
	defer cancel()
	_, _ = s.db.ExecContext(ctx, `UPDATE contacts_go_tokens
		SET lease_until = clock_timestamp() + $3::bigint * interval '1 millisecond'
		WHERE installation = $1 AND lease_owner = $2`, s.installation, owner, s.lease.Milliseconds())
}

// release ends the lease, unless another process has acquired it. If it fails, the lease expires.
func (s *tokenStore) release(ctx context.Context, owner string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	_, _ = s.db.ExecContext(ctx, `UPDATE contacts_go_tokens SET lease_owner = NULL, lease_until = NULL
		WHERE installation = $1 AND lease_owner = $2`, s.installation, owner)
}
