// Package oauth implements OAuth 2.0 for apps of the HighLevel marketplace: it obtains, stores and
// refreshes tokens, and provides them to package client.
//
// A user installs the app on a consent page, [App.AuthCodeURL], which redirects to the app with a
// code. [App.Exchange] exchanges the code for a [Credential]: an access token, which is valid for a
// day, and a refresh token. [Save] stores the credential in a [TokenStore], and [App.Source]
// returns the [client.TokenSource] of that store. In a web application, [InstallHandler] serves the
// redirects to and from the consent page.
//
// The access token of an agency cannot call the contact endpoints. [Source.Location] returns a
// source that exchanges it for tokens of a location, and a [ClientPool] holds a client for each
// location.
//
//	app, err := oauth.New(oauth.Config{ClientID: id, ClientSecret: oauth.NewSecret(secret), RedirectURL: redirect, Scopes: scopes})
//	…
//	credential, err := app.Exchange(ctx, request.FormValue("code"), oauth.UserTypeLocation)
//	…
//	store := oauth.NewFileStore("/var/lib/example/credential.json")
//	err = oauth.Save(ctx, store, credential)
//	…
//	c, err := client.New(app.Source(store), client.WithLocation(credential.LocationID))
//
// # Refresh tokens are valid once
//
// The API returns a new token pair for a refresh token and then rejects that refresh token, except
// that it is reported to return the same pair for 30 seconds. If a token pair is lost, a user must
// install the app again. Therefore:
//
//   - One goroutine of one process refreshes a credential at a time. It first checks whether another
//     process has stored a new one.
//   - Before a refresh token is sent, the store must report that it can store the new pair, if it is
//     a [StorePreparer].
//   - The new pair is stored durably before its access token is used. If the store fails, the pair
//     remains in memory and is stored later.
//   - Timeouts, broken connections, unreadable responses and 5xx are retried within those 30 seconds.
//   - Once a refresh token has been sent, the refresh ends with its own time limit, not with the
//     context of the caller.
//
// Access tokens are refreshed five minutes before they expire ([Config.RefreshBefore]), and when
// the API rejects them ([Source.Invalidate], which package client calls). If an early refresh
// fails, the current access token is used until it expires.
//
// # Errors
//
// [ErrReinstallRequired] indicates that a user must install the app again. No further request is
// sent until the store has another credential, so a running program continues after the new
// installation. Only the API's own messages for an invalid refresh token or code have this effect.
// The error page of a gateway, a wrong client secret and an inactive location are an [*Error] that
// does not match ErrReinstallRequired, and the refresh is tried again after a minute.
//
// # Stores
//
// [NewMemoryStore] and [NewFileStore] return stores. For other storage, implement [TokenStore] and,
// if possible, [RefreshLocker] and [StorePreparer], and test the implementation with package
// storetest.
//
// # Secrets
//
// A [Secret] is redacted when it is printed, logged or encoded. Messages of the server are
// shortened, and words in them that may be secrets are redacted. Token endpoints are called over
// https only (http on loopback, for tests), and redirects are not followed. Only
// [Credential.Encode] writes secrets, for stores.
package oauth
