// Package gen has the models of the HighLevel Contacts API, which package client uses, and a
// generated HTTP client. Call client.New in place of NewClient, which adds no token, no retries and no
// rate limit; Client.Generated of package client returns this client with all of them.
package gen
