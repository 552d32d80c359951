package oauth_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain runs the tests, or the main function of a child process that a test has started.
func TestMain(m *testing.M) {
	if rounds := os.Getenv(childRounds); rounds != "" {
		os.Exit(child(rounds))
	}
	goleak.VerifyTestMain(m)
}
