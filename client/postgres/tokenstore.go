package postgres

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/ctxtime"
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
)

// TokenStore stores the credential of one installation. It implements [oauth.TokenStore] and
// [oauth.RefreshLocker]. It is safe for concurrent use.
type TokenStore struct {
	db           *sql.DB
	installation string
	keys         Keys
	lease        time.Duration
}

var _ oauth.RefreshLocker = (*TokenStore)(nil)

// NewTokenStore returns a store for the credential of one installation, which it encrypts with
// keys. The caller chooses the name of the installation, such as the location ID or the company ID.
// Call [Migrate] before the store is used.
func NewTokenStore(db *sql.DB, installation string, keys Keys) *TokenStore {
	return &TokenStore{db: db, installation: installation, keys: keys, lease: leaseDuration}
}

// Installations returns the sorted names of the installations that have a credential.
func Installations(ctx context.Context, db *sql.DB) (names []string, err error) {
	defer wrap(&err, "Installations")
	rows, err := db.QueryContext(ctx,
		`SELECT installation FROM highlevel_tokens WHERE sealed IS NOT NULL ORDER BY installation`)
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
func (s *TokenStore) Load(ctx context.Context) (credential oauth.Credential, err error) {
	defer wrap(&err, "Load")
	credential, _, err = s.load(ctx)
	return credential, err
}

// load returns the stored credential and its version. It returns the version with the error if the
// credential cannot be decrypted.
func (s *TokenStore) load(ctx context.Context) (credential oauth.Credential, version int64, err error) {
	var sealed []byte
	err = s.db.QueryRowContext(ctx, `SELECT version, sealed FROM highlevel_tokens WHERE installation = $1`,
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

// CompareAndSwap stores next if used is the refresh token of the stored credential. It deletes the
// row if next has no access token.
//
// It compares the refresh token here and the version of the row in SQL, because SQL cannot compare
// encrypted tokens. A credential that is missing or does not decrypt is compared as the zero
// credential.
func (s *TokenStore) CompareAndSwap(ctx context.Context, used client.Secret, next oauth.Credential) (swapped bool, err error) {
	defer wrap(&err, "CompareAndSwap")
	stored, version, err := s.load(ctx)
	if err != nil && !errors.Is(err, oauth.ErrNoCredential) && !errors.Is(err, oauth.ErrInvalidCredential) {
		return false, err
	}
	if stored.RefreshToken.Reveal() != used.Reveal() {
		return false, nil
	}
	if next.AccessToken.Reveal() == "" {
		return s.delete(ctx, version)
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
	swapped, err = swap(ctx, tx, s.installation, version, sealed)
	if err != nil || !swapped {
		return false, err
	}
	return true, tx.Commit()
}

// delete deletes the row if its version is still version, and reports whether the store is empty.
func (s *TokenStore) delete(ctx context.Context, version int64) (bool, error) {
	if version == 0 {
		return true, nil
	}
	return changed(s.db.ExecContext(ctx, `DELETE FROM highlevel_tokens WHERE installation = $1 AND version = $2`, s.installation, version))
}

// changed reports whether a statement has changed a row.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// swap writes the row if its version is still version, and reports whether it did. Version 0 means
// that the row does not exist or contains only a lease. If a row with a higher version was deleted,
// swap does not create it again.
func swap(ctx context.Context, tx *sql.Tx, installation string, version int64, sealed []byte) (bool, error) {
	statement := `UPDATE highlevel_tokens SET version = version + 1, sealed = $3 WHERE installation = $1 AND version = $2`
	if version == 0 {
		statement = `INSERT INTO highlevel_tokens AS t (installation, version, sealed) VALUES ($1, $2::bigint + 1, $3)
			ON CONFLICT (installation) DO UPDATE SET version = excluded.version, sealed = excluded.sealed
			WHERE t.version = 0`
	}
	return changed(tx.ExecContext(ctx, statement, installation, version, sealed))
}

// LockRefresh acquires the lease and renews it until unlock is called. It does not occupy a
// connection while it waits or while it holds the lease.
func (s *TokenStore) LockRefresh(ctx context.Context) (unlock func(), err error) {
	defer wrap(&err, "LockRefresh")
	const pollInterval = 100 * time.Millisecond
	owner := rand.Text()
	for {
		acquired, err := s.acquire(ctx, owner)
		if err == nil && acquired && ctx.Err() == nil {
			return s.renewUntilUnlock(ctx, owner), nil
		}
		if err != nil || acquired {
			s.release(ctx, owner) // also after an error: the statement may have been executed
		}
		if err == nil {
			err = ctxtime.Sleep(ctx, pollInterval)
		}
		if err != nil {
			return nil, err
		}
	}
}

// renewUntilUnlock renews the lease in a goroutine. unlock ends the goroutine and releases the
// lease.
func (s *TokenStore) renewUntilUnlock(ctx context.Context, owner string) (unlock func()) {
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	var renewals sync.WaitGroup
	renewals.Go(func() {
		for ctxtime.Sleep(renewing, s.lease/renewalsPerLease) == nil {
			s.renew(renewing, owner)
		}
	})
	return func() {
		stop()
		renewals.Wait()
		s.release(ctx, owner)
	}
}

// acquire acquires the lease if it is free or has expired, and reports whether it did.
func (s *TokenStore) acquire(ctx context.Context, owner string) (acquired bool, err error) {
	err = runStatement(ctx, s.db, func(ctx context.Context, conn *sql.Conn) error {
		acquired, err = changed(conn.ExecContext(ctx, `INSERT INTO highlevel_tokens AS t (installation, lease_owner, lease_until)
			VALUES ($1, $2, highlevel_now() + $3)
			ON CONFLICT (installation) DO UPDATE SET lease_owner = excluded.lease_owner, lease_until = excluded.lease_until
			WHERE t.lease_until IS NULL OR t.lease_until < highlevel_now()`, s.installation, owner, s.lease.Microseconds()))
		return err
	})
	return acquired, err
}

// renew extends the lease, unless another process has acquired it. It ignores errors, because the
// next renewal may succeed. If the lease expires, another process may refresh too, and
// CompareAndSwap stores the credential of only one of them.
func (s *TokenStore) renew(ctx context.Context, owner string) {
	ctx, cancel := context.WithTimeout(ctx, s.lease)
	defer cancel()
	_, _ = s.db.ExecContext(ctx, `UPDATE highlevel_tokens SET lease_until = highlevel_now() + $3
		WHERE installation = $1 AND lease_owner = $2`, s.installation, owner, s.lease.Microseconds())
}

// release ends the lease, unless another process has acquired it. It ignores errors, because the
// lease expires.
func (s *TokenStore) release(ctx context.Context, owner string) {
	_ = runStatement(context.WithoutCancel(ctx), s.db, func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, `UPDATE highlevel_tokens SET lease_owner = NULL, lease_until = NULL
			WHERE installation = $1 AND lease_owner = $2`, s.installation, owner)
		return err
	})
}
