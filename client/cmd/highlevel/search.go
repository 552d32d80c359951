package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/highlevel-contacts/contacts-go/client"
)

func newSearchCommand() *cobra.Command {
	var (
		s     selection
		limit int
		count bool
	)
	cmd := &cobra.Command{
		Use:     "search [EXPRESSION...]",
		Short:   "Find contacts",
		Long:    "Find contacts and print them, oldest first.\n\n" + grammar,
		Example: `  highlevel search 'tags contains vip' 'dateUpdated >= 2026-11-01'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			s.where = append(s.where, args...)
			account, search, err := s.open(cmd)
			if err != nil {
				return err
			}
			if count {
				search.Limit = 1 // the total is that of all pages
				page, err := account.client.Contacts.Search(cmd.Context(), search)
				if err == nil {
					fmt.Fprintln(cmd.OutOrStdout(), page.Total)
				}
				return err
			}
			return printContacts(cmd, account, search, limit)
		},
	}
	flags := cmd.Flags()
	s.addFlags(flags)
	flags.IntVar(&limit, "limit", 100, "print at most so many contacts; 0 for all")
	flags.BoolVar(&count, "count", false, "print only the number of contacts")
	return cmd
}

func printContacts(cmd *cobra.Command, account *account, search client.SearchRequest, limit int) error {
	if limit > 0 {
		search.Limit = min(limit, exportPage)
	}
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tEMAIL\tPHONE\tUPDATED\tTAGS")
	printed := 0
	for contact, err := range account.client.Contacts.SearchAll(cmd.Context(), search) {
		if err != nil {
			return errors.Join(err, table.Flush())
		}
		if limit > 0 && printed == limit {
			fmt.Fprintf(cmd.ErrOrStderr(), "only the first %d contacts: pass --limit 0 for all\n", limit)
			break
		}
		printed++
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", contact.ID, oneCell(contact.FirstName+" "+contact.LastName), oneCell(contact.Email),
			contact.Phone, contact.DateUpdated.UTC().Format(time.DateTime), oneCell(strings.Join(contact.Tags, ", ")))
	}
	return table.Flush()
}

// oneCell returns text without characters that would change the table or the terminal.
func oneCell(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, text))
}
