//go:build unix

package postgres_test

import (
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/highlevel-contacts/contacts-go/client/internal/pgtest"
)

// The examples need a server, so a test runs them. They end the process if they fail.
func TestExamples(t *testing.T) {
	t.Setenv("DATABASE_URL", pgtest.Database(t))
	t.Setenv("TOKEN_KEY", strings.Repeat("5a", 32))
	ExampleNewPacers()
	ExampleNewSeen()
	ExampleNewTokenStore()
}
