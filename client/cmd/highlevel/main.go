// Highlevel imports, exports, searches and tags the contacts of a HighLevel location, and serves a
// fake of the API.
//
//	highlevel import people.csv
//	highlevel export -o contacts.csv
//	highlevel search 'tags contains vip' 'dateUpdated >= 2026-11-01'
//	highlevel tag add vip --where 'city = Berlin'
//	highlevel fake
//
// The environment variables HIGHLEVEL_TOKEN and HIGHLEVEL_LOCATION select the location, and
// HIGHLEVEL_URL another address of the API. With --demo, a command runs on an embedded fake that has
// sample contacts.
//
// The exit status is 1 if the command failed or reports a problem.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newCommand().ExecuteContext(ctx)
	stop()
	if err == nil {
		return
	}
	if !errors.Is(err, errProblems) {
		fmt.Fprintln(os.Stderr, "highlevel:", err)
	}
	os.Exit(1)
}

// errProblems indicates that a command reported problems and has printed their number.
var errProblems = errors.New("there are problems")

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "highlevel",
		Short: "Import, export, search and tag the contacts of a HighLevel location",
		Long: `Import, export, search and tag the contacts of a HighLevel location.

Environment:
  HIGHLEVEL_TOKEN     private integration token, or access token of the location
  HIGHLEVEL_LOCATION  ID of the location
  HIGHLEVEL_URL       address of the API; the vendor's by default`,
		SilenceUsage: true, SilenceErrors: true,
	}
	root.PersistentFlags().Bool("demo", false, "use an embedded fake with sample contacts instead of the API")
	root.AddCommand(newImportCommand(), newExportCommand(), newSearchCommand(), newTagCommand(), newFakeCommand())
	return root
}
