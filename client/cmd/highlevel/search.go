package main

import (
	"bufio"
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
		s         selection
		query     string
		limit     int
		count     bool
		jsonLines bool
	)
	cmd := &cobra.Command{
		Use:     "search [EXPRESSION...]",
		Short:   "Find contacts",
		Long:    "Find contacts and print them, oldest first.\n\n" + grammar,
		Example: `  highlevel search 'tags contains vip' 'dateUpdated >= 2026-11-01'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return errors.New("--limit: negative")
			}
			s.where = append(s.where, args...)
			account, err := connect(cmd)
			if err != nil {
				return err
			}
			defer account.close()
			definitions, err := account.definitions(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			search, err := s.search(definitions)
			if err != nil {
				return err
			}
			search.Query = query
			if count {
				search.Limit = 1 // the total is that of all pages
				page, err := account.client.Contacts.Search(cmd.Context(), search)
				if err == nil {
					fmt.Fprintln(cmd.OutOrStdout(), page.Total)
				}
				return err
			}
			return printContacts(cmd, account, search, limit, jsonLines)
		},
	}
	flags := cmd.Flags()
	s.addFlags(flags)
	flags.StringVar(&query, "query", "", "free `text` that contacts must match too")
	flags.IntVar(&limit, "limit", 100, "print at most so many contacts; 0 for all")
	flags.BoolVar(&count, "count", false, "print only the number of contacts")
	flags.BoolVar(&jsonLines, "json", false, "print JSON lines with every property")
	return cmd
}

func printContacts(cmd *cobra.Command, account *account, search client.SearchRequest, limit int, jsonLines bool) error {
	if limit > 0 {
		search.Limit = min(limit, exportPage)
	}
	out := bufio.NewWriter(cmd.OutOrStdout())
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if !jsonLines {
		fmt.Fprintln(table, "ID\tNAME\tEMAIL\tPHONE\tUPDATED\tTAGS")
	}
	encode := encoder{}
	printed := 0
	for contact, err := range account.client.Contacts.SearchAll(cmd.Context(), search) {
		if err != nil {
			return errors.Join(err, table.Flush(), out.Flush())
		}
		if limit > 0 && printed == limit {
			fmt.Fprintf(cmd.ErrOrStderr(), "only the first %d contacts: pass --limit 0 for all\n", limit)
			break
		}
		printed++
		if !jsonLines {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", contact.ID, oneCell(contact.FirstName+" "+contact.LastName), oneCell(contact.Email),
				contact.Phone, contact.DateUpdated.UTC().Format(time.DateTime), oneCell(strings.Join(contact.Tags, ", ")))
			continue
		}
		line, err := encode.encode([]client.Contact{*contact})
		if err != nil {
			return err
		}
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return errors.Join(table.Flush(), out.Flush())
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
