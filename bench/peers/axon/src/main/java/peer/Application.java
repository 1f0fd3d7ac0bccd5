package peer;

import org.axonframework.common.caching.Cache;
import org.axonframework.eventsourcing.eventstore.EventStorageEngine;
import org.axonframework.eventsourcing.eventstore.jdbc.JdbcEventStorageEngine;
import org.axonframework.eventsourcing.eventstore.jdbc.PostgresEventTableFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** Axon Framework as its Spring Boot starter sets it up, without Axon Server: events by JDBC in PostgreSQL. */
@SpringBootApplication
public class Application {

    public static void main(String[] arguments) {
        SpringApplication.run(Application.class, arguments);
    }

    @Bean
    Cache episodes() {
        return new KeepingCache();
    }

    @Bean
    InitializingBean tables(EventStorageEngine engine) {
        return () -> ((JdbcEventStorageEngine) engine).createSchema(PostgresEventTableFactory.INSTANCE);
    }
}
