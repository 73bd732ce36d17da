"""Documents that the server writes itself, for whoever runs no scripts: browsers, crawlers, chats, other sites."""
