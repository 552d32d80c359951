package main

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/spf13/cobra"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
)

func newTagCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "tag", Short: "Add or remove tags of the contacts that match"}
	cmd.AddCommand(
		newTagChangeCommand("add", "Add tags to the contacts that match; other tags remain", bulk.AddTags, false),
		newTagChangeCommand("remove", "Remove tags from the contacts that match; other tags remain", bulk.RemoveTags, true),
	)
	return cmd
}

// newTagChangeCommand returns a command that adds or removes tags.
func newTagChangeCommand(name, short string, operation func(*client.Client) bulk.Operation[bulk.TagChange, []string], removes bool) *cobra.Command {
	var (
		s   selection
		all bool
	)
	cmd := &cobra.Command{
		Use:     name + " TAG... --where EXPRESSION",
		Short:   short,
		Long:    short + ".\n\n" + grammar,
		Example: "  highlevel tag " + name + " vip --where 'city = Berlin' --where 'dateAdded >= 2026-01-01'",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, tags []string) error {
			if (len(s.where) == 0 && s.since == "") != all {
				return errors.New("select contacts with --where or --since, or all of them with --all")
			}
			account, search, err := s.open(cmd)
			if err != nil {
				return err
			}
			changes, matches, err := tagChanges(account.client.Contacts.SearchAll(cmd.Context(), search), tags, removes)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d contacts match, %d of them to change\n", matches, len(changes))
			return changeTags(cmd, changes, operation(account.client))
		},
	}
	s.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&all, "all", false, "change all contacts of the location")
	return cmd
}

// tagChanges returns the changes of the contacts that match, and the number of matches. It reads all
// matches before the first change, because a change can end or begin a match.
func tagChanges(contacts iter.Seq2[*client.Contact, error], tags []string, removes bool) (changes []bulk.TagChange, matches int, err error) {
	for contact, err := range contacts {
		if err != nil {
			return nil, 0, err
		}
		matches++
		missing := missingTags(tags, contact.Tags)
		if removes {
			missing = slices.DeleteFunc(missingTags(tags, nil), func(tag string) bool { return slices.Contains(missing, tag) })
		}
		if len(missing) > 0 {
			changes = append(changes, bulk.TagChange{ID: contact.ID, Tags: missing})
		}
	}
	return changes, matches, nil
}

// changeTags makes the changes and prints those that fail.
func changeTags(cmd *cobra.Command, changes []bulk.TagChange, operation bulk.Operation[bulk.TagChange, []string]) error {
	bar := newProgress(cmd.ErrOrStderr(), "contacts", 0)
	done, failed := 0, 0
	stopped := cmd.Context().Err()
	for _, outcome := range bulk.All(cmd.Context(), slices.All(changes), operation) {
		_, isCall := errors.AsType[*client.Error](outcome.Err)
		switch {
		case outcome.Err == nil:
			done++
		case !isCall || errors.Is(outcome.Err, client.ErrUnauthorized) || cmd.Context().Err() != nil:
			stopped = cmp.Or(stopped, outcome.Err)
		default:
			failed++
			fmt.Fprintf(cmd.ErrOrStderr(), "contact %s: %v\n", outcome.Input.ID, outcome.Err)
		}
		bar.show(done+failed, len(changes))
	}
	bar.end()
	fmt.Fprintf(cmd.OutOrStdout(), "%d contacts changed, %d failed\n", done, failed)
	switch {
	case stopped != nil:
		return fmt.Errorf("%d contacts were not changed: run the command again: %w", len(changes)-done-failed, stopped)
	case failed > 0:
		return errProblems
	}
	return nil
}
